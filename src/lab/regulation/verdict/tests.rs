use std::collections::BTreeSet;

use jiff::civil::date;

use super::super::limit::Found;
use super::*;

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn limit(most: &str) -> LimitSnapshot {
    LimitSnapshot {
        commodity: "叶菜类蔬菜".to_owned(),
        requirement: Requirement::AtMost(decimal(most)),
        unit: "mg/kg".to_owned(),
        basis: String::new(),
        kind: Kind::Residue,
        provisional: false,
        standard: "GB 2763-2026".to_owned(),
        clause: "4.125".to_owned(),
        found: Found::Group,
    }
}

fn undetectable_limit() -> LimitSnapshot {
    LimitSnapshot { requirement: Requirement::NotDetectable, ..limit("0") }
}

fn ban() -> BanSnapshot {
    BanSnapshot { basis: "农业部公告第199号".to_owned(), from: date(2002, 6, 5) }
}

/// A good result with LOD 0.002 and LOQ 0.005 mg/kg, as far as value and limit allow.
fn facts<'a>(value: Option<&'a Value>, limit: Option<&'a LimitSnapshot>) -> Facts<'a> {
    Facts {
        value,
        unit: "mg/kg",
        basis: "",
        lod: Some(decimal("0.002")),
        loq: Some(decimal("0.005")),
        control: Control::Accepted,
        admissible: true,
        factors: true,
        limit_clear: true,
        identified: true,
        limit,
        ban: None,
        comparison: Comparison::FullValue,
        provisional_counts: false,
    }
}

fn said(facts: &Facts<'_>) -> (Verdict, Reason) {
    let judgement = judge(facts);
    (judgement.verdict, judgement.reason)
}

#[test]
fn a_value_is_set_against_its_limit() {
    for (value, most, verdict, reason) in [
        ("0.019", "0.02", Verdict::Compliant, Reason::WithinLimit),
        ("0.020", "0.02", Verdict::Compliant, Reason::WithinLimit),
        ("0.021", "0.02", Verdict::NonCompliant, Reason::AboveLimit),
        ("0.0201", "0.02", Verdict::NonCompliant, Reason::AboveLimit),
        ("0.003", "0.02", Verdict::Compliant, Reason::BelowLoq),
        ("<0.005", "0.02", Verdict::Compliant, Reason::BelowLoq),
        ("not detected", "0.02", Verdict::Compliant, Reason::BelowLoq),
        ("not detected", "0.005", Verdict::Compliant, Reason::BelowLoq),
        ("not detected", "0.002", Verdict::CannotDecide, Reason::LoqAboveLimit),
        ("0.003", "0.002", Verdict::CannotDecide, Reason::LoqAboveLimit),
        ("<0.05", "0.02", Verdict::CannotDecide, Reason::LoqAboveLimit),
        ("detected", "0.02", Verdict::Undecided, Reason::NoNumber),
    ] {
        let (value, limit) = (value.parse().unwrap(), limit(most));
        assert_eq!(said(&facts(Some(&value), Some(&limit))), (verdict, reason), "{value} against {most}");
    }
}

#[test]
fn what_must_not_be_detected_is_judged_by_the_limit_of_detection() {
    for (value, lod, verdict, reason) in [
        ("not detected", Some("0.002"), Verdict::Compliant, Reason::NotFound),
        ("not detected", None, Verdict::Compliant, Reason::NotFound),
        ("0.001", Some("0.002"), Verdict::Compliant, Reason::NotFound),
        ("0.002", Some("0.002"), Verdict::NonCompliant, Reason::MustNotBeDetected),
        ("0.002", None, Verdict::Undecided, Reason::LodUnknown),
        ("detected", None, Verdict::NonCompliant, Reason::MustNotBeDetected),
        ("<0.005", Some("0.002"), Verdict::Undecided, Reason::NoNumber),
        ("<0.002", Some("0.002"), Verdict::Compliant, Reason::NotFound),
    ] {
        let (value, limit) = (value.parse().unwrap(), undetectable_limit());
        let facts = Facts { lod: lod.map(decimal), ..facts(Some(&value), Some(&limit)) };
        assert_eq!(said(&facts), (verdict, reason), "{value} with {lod:?}");
    }
}

#[test]
fn a_banned_substance_needs_no_limit() {
    let (ban, high) = (ban(), limit("5"));
    for (value, limit, verdict, reason) in [
        ("0.005", None, Verdict::NonCompliant, Reason::Banned),
        ("0.005", Some(&high), Verdict::NonCompliant, Reason::Banned),
        ("detected", None, Verdict::NonCompliant, Reason::Banned),
        ("0.004", None, Verdict::Compliant, Reason::BannedNotFound),
        ("not detected", None, Verdict::Compliant, Reason::BannedNotFound),
        ("<0.005", None, Verdict::Compliant, Reason::BannedNotFound),
        // After dilution nobody could have seen it.
        ("<0.05", None, Verdict::Undecided, Reason::NoNumber),
        ("not detected", Some(&high), Verdict::Compliant, Reason::BelowLoq),
    ] {
        let value = value.parse().unwrap();
        let facts = Facts { ban: Some(&ban), ..facts(Some(&value), limit) };
        assert_eq!(said(&facts), (verdict, reason), "{value}");
    }
    let found = "0.5".parse().unwrap();
    let unsure = Facts { ban: Some(&ban), identified: false, ..facts(Some(&found), None) };
    assert_eq!(said(&unsure), (Verdict::Undecided, Reason::NotIdentified));
    let unknown = Facts { ban: Some(&ban), loq: None, ..facts(Some(&found), None) };
    assert_eq!(said(&unknown), (Verdict::Undecided, Reason::LoqUnknown));
    let nothing = "not detected".parse().unwrap();
    let blind = Facts { ban: Some(&ban), lod: None, loq: None, ..facts(Some(&nothing), None) };
    assert_eq!(said(&blind), (Verdict::Undecided, Reason::LoqUnknown));
}

#[test]
fn what_a_banned_substance_left_in_the_ground_is_judged_by_its_own_limit() {
    let (ban, value) = (ban(), "0.03".parse().unwrap());
    let extraneous = LimitSnapshot { kind: Kind::Extraneous, ..limit("0.05") };
    let facts = Facts { ban: Some(&ban), ..facts(Some(&value), Some(&extraneous)) };
    assert_eq!(said(&facts), (Verdict::Compliant, Reason::WithinLimit));
}

#[test]
fn a_result_that_is_not_fit_is_not_judged_whatever_its_value() {
    let (ban, limit, value) = (ban(), limit("0.02"), "9".parse().unwrap());
    let good = Facts { ban: Some(&ban), ..facts(Some(&value), Some(&limit)) };
    for (facts, reason) in [
        (Facts { value: None, ..good.clone() }, Reason::NoValue),
        (Facts { control: Control::Missing, ..good.clone() }, Reason::ControlMissing),
        (Facts { control: Control::Failed, ..good.clone() }, Reason::ControlFailed),
        (Facts { admissible: false, ..good.clone() }, Reason::MethodNotAdmissible),
        (Facts { factors: false, ..good.clone() }, Reason::FactorMissing),
        (Facts { limit_clear: false, ..good.clone() }, Reason::LimitAmbiguous),
    ] {
        assert_eq!(said(&facts), (Verdict::Undecided, reason));
    }
}

#[test]
fn value_and_limit_must_speak_of_the_same_thing() {
    let (limit, value) = (limit("0.02"), "21".parse().unwrap());
    let micro = Facts { unit: "µg/kg", loq: Some(decimal("5")), ..facts(Some(&value), Some(&limit)) };
    let judgement = judge(&micro);
    assert_eq!((judgement.verdict, judgement.compared), (Verdict::NonCompliant, Some(decimal("0.021"))));
    assert_eq!(said(&Facts { unit: "%", ..micro.clone() }), (Verdict::Undecided, Reason::UnitDiffers));
    let fat = Facts { basis: "以脂肪中的残留量计", ..micro };
    assert_eq!(said(&fat), (Verdict::Undecided, Reason::BasisDiffers));
}

#[test]
fn both_ways_of_comparing_are_known_when_they_disagree() {
    for (value, most) in [("0.012777", "0.01"), ("0.020595", "0.02"), ("0.020241", "0.02")] {
        let (value, limit) = (value.parse().unwrap(), limit(most));
        let full = judge(&facts(Some(&value), Some(&limit)));
        assert_eq!((full.verdict, full.ways_disagree, full.compared), (Verdict::NonCompliant, true, value.number()));
        let rounded = judge(&Facts { comparison: Comparison::RoundedValue, ..facts(Some(&value), Some(&limit)) });
        assert_eq!(
            (rounded.verdict, rounded.ways_disagree, rounded.compared),
            (Verdict::Compliant, true, Some(decimal(most)))
        );
    }
}

#[test]
fn a_provisional_limit_gives_a_reference_unless_the_station_counts_it() {
    let provisional = LimitSnapshot { provisional: true, ..limit("0.02") };
    for (value, reference, counted) in [
        ("0.01", Verdict::ReferenceCompliant, Verdict::Compliant),
        ("0.03", Verdict::ReferenceNonCompliant, Verdict::NonCompliant),
        ("<0.05", Verdict::CannotDecide, Verdict::CannotDecide),
    ] {
        let value = value.parse().unwrap();
        let facts = facts(Some(&value), Some(&provisional));
        assert_eq!(judge(&facts).verdict, reference, "{value}");
        assert_eq!(judge(&Facts { provisional_counts: true, ..facts }).verdict, counted, "{value}");
    }
}

#[test]
fn without_limit_and_ban_a_value_is_reported_and_not_judged() {
    for value in ["0.5", "not detected", "<0.005", "detected"] {
        let value = value.parse().unwrap();
        assert_eq!(said(&facts(Some(&value), None)), (Verdict::NotJudged, Reason::NoLimit), "{value}");
    }
}

#[test]
fn an_unknown_loq_decides_nothing_about_a_non_detect() {
    let (limit, value) = (limit("0.02"), Value::NotDetected);
    let facts = Facts { loq: None, ..facts(Some(&value), Some(&limit)) };
    assert_eq!(said(&facts), (Verdict::Undecided, Reason::LoqUnknown));
}

#[test]
fn the_sample_is_as_good_as_its_worst_item() {
    use Verdict::*;
    for (items, whole) in [
        (vec![], Undecided),
        (vec![Compliant], Compliant),
        (vec![Compliant, NotJudged, ReferenceNonCompliant], Compliant),
        (vec![Compliant, Undecided], Undecided),
        (vec![Compliant, CannotDecide], Undecided),
        (vec![Compliant, Undecided, NonCompliant], NonCompliant),
        (vec![NotJudged, ReferenceCompliant], NotJudged),
        (vec![ScreeningNegative, ScreeningNegative], ScreeningNegative),
        (vec![ScreeningNegative, ScreeningPositive], ScreeningPositive),
        (vec![ScreeningPositive, Compliant], Undecided),
        (vec![ScreeningPositive, NonCompliant], NonCompliant),
        (vec![ScreeningNegative, Compliant], Compliant),
    ] {
        assert_eq!(overall(items.clone()), whole, "{items:?}");
    }
}

/// Every combination of the facts: an item is 合格 only with a value, accepted controls and a limit or a ban to meet.
#[test]
fn no_combination_of_facts_is_compliant_without_grounds() {
    let values: Vec<Option<Value>> = ["0.003", "0.01", "9", "<0.005", "<0.5", "detected", "not detected"]
        .iter()
        .map(|text| Some(text.parse().unwrap()))
        .chain([None])
        .collect();
    let provisional = LimitSnapshot { provisional: true, ..limit("0.02") };
    let extraneous = LimitSnapshot { kind: Kind::Extraneous, ..limit("0.02") };
    let limits = [
        None,
        Some(limit("0.02")),
        Some(limit("0.001")),
        Some(undetectable_limit()),
        Some(provisional),
        Some(extraneous),
    ];
    let ban = ban();
    let mut seen = BTreeSet::new();
    for value in &values {
        for limit in &limits {
            for bits in 0_u32..256 {
                let bit = |place: u32| bits >> place & 1 == 1;
                let facts = Facts {
                    control: if bit(0) { Control::Accepted } else { Control::Failed },
                    admissible: bit(1),
                    factors: bit(2),
                    identified: bit(3),
                    lod: bit(4).then(|| decimal("0.002")),
                    loq: bit(5).then(|| decimal("0.005")),
                    ban: bit(6).then_some(&ban),
                    provisional_counts: bit(7),
                    ..facts(value.as_ref(), limit.as_ref())
                };
                let judgement = judge(&facts);
                seen.insert(judgement.verdict);
                let fit = value.is_some() && bit(0) && bit(1) && bit(2);
                if judgement.counts() {
                    assert!(fit && (limit.is_some() || bit(6)), "{facts:?}");
                } else if !fit {
                    assert_eq!(judgement.verdict, Verdict::Undecided, "{facts:?}");
                }
                if judgement.verdict == Verdict::Compliant {
                    assert_ne!(facts.value, Some(&"9".parse().unwrap()), "{facts:?}");
                    assert_ne!(facts.value, Some(&Value::Detected), "{facts:?}");
                }
            }
        }
    }
    let judged: BTreeSet<Verdict> = Verdict::ALL
        .iter()
        .copied()
        .filter(|verdict| !matches!(verdict, Verdict::ScreeningNegative | Verdict::ScreeningPositive))
        .collect();
    assert_eq!(seen, judged);
}

#[test]
fn a_judgement_reads_back_as_it_was_recorded() {
    let (value, limit, ban) = ("0.021".parse().unwrap(), limit("0.02"), ban());
    let judgement = judge(&Facts { ban: Some(&ban), ..facts(Some(&value), Some(&limit)) });
    let text = serde_json::to_string(&judgement).unwrap();
    assert!(text.starts_with(r#"{"verdict":"non-compliant","reason":"banned""#), "{text}");
    assert_eq!(serde_json::from_str::<Judgement>(&text).unwrap(), judgement);
}

#[test]
fn verdict_and_reason_read_back_by_their_names() {
    for verdict in Verdict::ALL {
        assert_eq!(verdict.name().parse(), Ok(*verdict));
    }
    for reason in Reason::ALL {
        assert_eq!(reason.name().parse(), Ok(*reason));
    }
    assert!("".parse::<Verdict>().is_err());
}
