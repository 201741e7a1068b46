//! Searching text alike on both engines: without regard to case, `%` and `_` meaning themselves.

use diesel::sql_types::Text;

diesel::define_sql_function! {
    /// The text in small letters. SQLite knows this for ASCII alone, which is what codes are made of.
    fn lower(text: Text) -> Text;
}

/// What `LIKE … ESCAPE '\'` needs to find `text` anywhere in a column in small letters.
pub(in crate::store) fn part(text: &str) -> String {
    let mut pattern = String::from("%");
    for letter in text.to_ascii_lowercase().chars() {
        if matches!(letter, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern.push('%');
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_person_types_is_searched_for_as_it_stands() {
        for (typed, pattern) in [("XW-26", "%xw-26%"), ("100%", "%100\\%%"), ("a_b", "%a\\_b%"), ("白菜", "%白菜%")]
        {
            assert_eq!(part(typed), pattern);
        }
    }
}
