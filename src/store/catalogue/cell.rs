//! A cell of a list's line, read from what a person typed and written as text.

/// A cell of a list's line.
pub(super) trait Cell: Sized {
    fn text(&self) -> Option<String>;
    fn read(text: Option<String>) -> Option<Self>;
}

impl Cell for String {
    fn text(&self) -> Option<String> {
        Some(self.clone()).filter(|text| !text.is_empty())
    }

    fn read(text: Option<String>) -> Option<Self> {
        Some(text.unwrap_or_default())
    }
}

impl Cell for i64 {
    fn text(&self) -> Option<String> {
        Some(self.to_string())
    }

    fn read(text: Option<String>) -> Option<Self> {
        text?.parse().ok()
    }
}

impl<T: Cell> Cell for Option<T> {
    fn text(&self) -> Option<String> {
        self.as_ref().and_then(T::text)
    }

    fn read(text: Option<String>) -> Option<Self> {
        match text.filter(|text| !text.is_empty()) {
            None => Some(None),
            text => T::read(text).map(Some),
        }
    }
}

/// A cell that names a line of another list.
pub(super) trait Refers {
    fn line(&self) -> Option<i64>;
}

impl Refers for i64 {
    fn line(&self) -> Option<i64> {
        Some(*self)
    }
}

impl Refers for Option<i64> {
    fn line(&self) -> Option<i64> {
        *self
    }
}
