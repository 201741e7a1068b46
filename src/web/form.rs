//! A form's fields as they were typed, and what is wrong with each: nothing typed is lost on an error.

use std::str::FromStr;

use super::locale::{Locale, Message};

/// One thing to put right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    pub field: String,
    pub message: Message,
}

/// Values by name, in the order they came, with errors and the form token.
#[derive(Debug, Clone, Default)]
pub struct Form {
    /// The token for the hidden field.
    pub csrf: String,
    values: Vec<(String, String)>,
    files: Vec<(String, Vec<u8>)>,
    errors: Vec<FieldError>,
}

impl Form {
    /// An empty form for a person to fill in.
    pub fn new(csrf: impl Into<String>) -> Self {
        Self { csrf: csrf.into(), ..Self::default() }
    }

    pub(super) fn posted(csrf: String, values: Vec<(String, String)>) -> Self {
        Self { csrf, values, ..Self::default() }
    }

    pub(super) fn with_files(mut self, files: Vec<(String, Vec<u8>)>) -> Self {
        self.files = files;
        self
    }

    /// The bytes of a file that was chosen; `None`: none was, or it is empty.
    pub fn file(&self, name: &str) -> Option<&[u8]> {
        self.files.iter().find(|(field, bytes)| field == name && !bytes.is_empty()).map(|(_, bytes)| bytes.as_slice())
    }

    /// Fills a field in beforehand.
    pub fn with(mut self, name: &str, value: impl ToString) -> Self {
        self.values.push((name.to_owned(), value.to_string()));
        self
    }

    /// What stands in a field, as typed; empty when it is not there.
    pub fn value(&self, name: &str) -> &str {
        self.values.iter().find(|(field, _)| field == name).map_or("", |(_, value)| value.as_str())
    }

    /// What stands in a field without the blanks around it; `None` when nothing does.
    pub fn get(&self, name: &str) -> Option<&str> {
        Some(self.value(name).trim()).filter(|value| !value.is_empty())
    }

    /// Every value given under one name: ticked boxes, rows of a table.
    pub fn all(&self, name: &str) -> Vec<&str> {
        self.values.iter().filter(|(field, _)| field == name).map(|(_, value)| value.trim()).collect()
    }

    /// Whether this choice was made.
    pub fn is(&self, name: &str, value: &str) -> bool {
        self.values.iter().any(|(field, given)| field == name && given == value)
    }

    /// A field that must be filled in.
    pub fn required(&mut self, name: &str) -> Option<String> {
        let value = self.get(name).map(str::to_owned);
        if value.is_none() {
            self.refuse(name, "error-field-required");
        }
        value
    }

    /// A field that must be filled in and read as a `T`; `key` says what was expected, with `{ $found }`.
    pub fn parsed<T: FromStr>(&mut self, name: &str, key: &str) -> Option<T> {
        let text = self.required(name)?;
        self.read(name, &text, key)
    }

    /// A field that may stay empty, but reads as a `T` if it does not.
    pub fn parsed_if_given<T: FromStr>(&mut self, name: &str, key: &str) -> Option<T> {
        let text = self.get(name)?.to_owned();
        self.read(name, &text, key)
    }

    fn read<T: FromStr>(&mut self, name: &str, text: &str, key: &str) -> Option<T> {
        let value = text.parse().ok();
        if value.is_none() {
            self.refuse(name, Message::new(key).with("found", text));
        }
        value
    }

    /// Says what is wrong with a field.
    pub fn refuse(&mut self, name: &str, message: impl Into<Message>) {
        self.errors.push(FieldError { field: name.to_owned(), message: message.into() });
    }

    pub fn is_ok(&self) -> bool {
        self.errors.is_empty()
    }

    pub fn errors(&self) -> &[FieldError] {
        &self.errors
    }

    /// What is wrong with one field, in the reader's language; empty when nothing is.
    pub fn error(&self, l: &Locale, name: &str) -> String {
        self.errors.iter().find(|error| error.field == name).map(|error| l.say(&error.message)).unwrap_or_default()
    }

    /// Puts something else into a field.
    pub fn set(&mut self, name: &str, value: impl ToString) {
        self.forget(name);
        self.values.push((name.to_owned(), value.to_string()));
    }

    /// Empties a field that must not travel back, such as a password.
    pub fn forget(&mut self, name: &str) {
        self.values.retain(|(field, _)| field != name);
    }
}

/// A code of our own making: letters, digits and hyphens, short enough for a label and safe in an address.
pub fn is_code(text: &str) -> bool {
    (1..=40).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_that_is_wrong_keeps_all_that_was_typed() {
        let mut form = Form::new("t").with("amount", " 12,5 ").with("unit", "kg").with("person", "  ");
        assert_eq!(form.parsed::<rust_decimal::Decimal>("amount", "error-field-number"), None);
        assert_eq!(form.required("person"), None);
        assert_eq!(form.required("unit").as_deref(), Some("kg"));
        assert_eq!(form.value("amount"), " 12,5 ");
        let fields: Vec<&str> = form.errors().iter().map(|error| error.field.as_str()).collect();
        assert_eq!(fields, ["amount", "person"]);
        assert_eq!(form.errors()[0].message, Message::new("error-field-number").with("found", "12,5"));
    }

    #[test]
    fn an_optional_field_may_be_empty_but_not_wrong() {
        let mut form = Form::new("t").with("a", "").with("b", "x");
        assert_eq!(form.parsed_if_given::<i64>("a", "error-field-number"), None);
        assert!(form.is_ok());
        assert_eq!(form.parsed_if_given::<i64>("b", "error-field-number"), None);
        assert!(!form.is_ok());
    }
}
