//! What of a person never leaves the laboratory: 个人信息保护法 (2021) articles 6, 25; 政府信息公开条例 article 15.

use crate::lab::catalogue::ProducerKind;

/// A producer as the public reads it: units in full, of a natural person the first character and two masks (某某).
///
/// A compound surname is cut to its first character, and so is a Tibetan name, which has no surname: less is shown
/// than custom allows, never more.
pub fn producer(kind: ProducerKind, name: &str) -> String {
    match (kind, name.trim().chars().next()) {
        (ProducerKind::NaturalPerson, Some(first)) => format!("{first}\u{67d0}\u{67d0}"),
        (ProducerKind::NaturalPerson, None) => String::new(),
        (ProducerKind::Enterprise | ProducerKind::Cooperative | ProducerKind::FamilyFarm, _) => name.trim().to_owned(),
    }
}

/// A run of digits as long as a mobile number or an identity card's: a text with one is not for the public.
pub fn has_personal_number(text: &str) -> bool {
    let bare: String = text.chars().filter(|one| !matches!(one, ' ' | '-')).collect();
    bare.split(|one: char| !one.is_ascii_digit()).any(|run| match run.len() {
        11 => run.starts_with('1'),
        17 | 18 => true,
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_masked_and_a_unit_is_named() {
        for (kind, name, shown) in [
            (ProducerKind::NaturalPerson, "王建国", "王某某"),
            (ProducerKind::NaturalPerson, "次仁卓玛", "次某某"),
            (ProducerKind::NaturalPerson, " ", ""),
            (ProducerKind::Cooperative, "德吉蔬菜种植专业合作社", "德吉蔬菜种植专业合作社"),
            (ProducerKind::FamilyFarm, "扎桑家庭农场", "扎桑家庭农场"),
        ] {
            assert_eq!(producer(kind, name), shown);
        }
    }

    #[test]
    fn a_telephone_number_in_a_remark_is_seen() {
        for text in ["联系 13912345678", "139-1234-5678", "139 1234 5678", "540121199001011234", "54012119900101123X"]
        {
            assert!(has_personal_number(text), "{text}");
        }
        for text in ["公告 2026-47", "已下架 32 公斤，2026-11-22", "GB 2763-2026", ""] {
            assert!(!has_personal_number(text), "{text}");
        }
    }
}
