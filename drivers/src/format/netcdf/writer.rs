//! A small writer of netCDF-3 for tests: a head, then the values, everything padded to four bytes.

#[derive(Clone)]
pub enum Value {
    Char(Vec<u8>),
    Short(Vec<i16>),
    Int(Vec<i32>),
    Float(Vec<f32>),
    Double(Vec<f64>),
}

impl Value {
    fn kind(&self) -> u32 {
        match self {
            Self::Char(_) => 2,
            Self::Short(_) => 3,
            Self::Int(_) => 4,
            Self::Float(_) => 5,
            Self::Double(_) => 6,
        }
    }

    /// One piece of bytes for each value.
    fn pieces(&self) -> Vec<Vec<u8>> {
        match self {
            Self::Char(bytes) => bytes.iter().map(|byte| vec![*byte]).collect(),
            Self::Short(values) => values.iter().map(|value| value.to_be_bytes().to_vec()).collect(),
            Self::Int(values) => values.iter().map(|value| value.to_be_bytes().to_vec()).collect(),
            Self::Float(values) => values.iter().map(|value| value.to_be_bytes().to_vec()).collect(),
            Self::Double(values) => values.iter().map(|value| value.to_be_bytes().to_vec()).collect(),
        }
    }
}

struct Variable {
    name: &'static str,
    dimensions: Vec<u32>,
    record: bool,
    value: Value,
}

/// Dimensions get their lengths from the first variable that has them; `_4_byte_string` says its own.
#[derive(Default)]
pub struct Writer {
    pub wide: bool,
    dimensions: Vec<(String, u32)>,
    attributes: Vec<(String, String)>,
    variables: Vec<Variable>,
}

impl Writer {
    pub fn text(&mut self, name: &str, value: &str) {
        self.attributes.push((name.to_owned(), value.to_owned()));
    }

    pub fn variable(&mut self, name: &'static str, dimensions: &[&str], value: Value) {
        let inner: u32 = dimensions.iter().skip(1).map(|dimension| said(dimension)).product();
        let outer = u32::try_from(value.pieces().len()).unwrap() / inner.max(1);
        let lengths = dimensions.iter().enumerate().map(|(i, d)| if i == 0 { outer } else { said(d) });
        let numbers =
            dimensions.iter().zip(lengths).map(|(d, length)| place(&mut self.dimensions, d, length)).collect();
        self.variables.push(Variable { name, dimensions: numbers, record: false, value });
    }

    /// A variable over the record dimension.
    pub fn record(&mut self, name: &'static str, value: Value) {
        let number = place(&mut self.dimensions, "record", 0);
        self.variables.push(Variable { name, dimensions: vec![number], record: true, value });
    }

    pub fn bytes(&self) -> Vec<u8> {
        // The length of the head does not depend on the offsets in it.
        let begin = self.head(&vec![0; self.variables.len()]).len();
        let mut at = begin;
        let mut begins = vec![0; self.variables.len()];
        let mut body = Vec::new();
        for (index, variable) in self.variables.iter().enumerate().filter(|(_, variable)| !variable.record) {
            begins[index] = at;
            let piece = pad(variable.value.pieces().concat());
            at += piece.len();
            body.extend(piece);
        }
        let of_records: Vec<usize> = (0..self.variables.len()).filter(|i| self.variables[*i].record).collect();
        for index in &of_records {
            begins[*index] = at;
            at += pad(self.variables[*index].value.pieces()[0].clone()).len();
        }
        for record in 0..self.records() {
            for index in &of_records {
                let piece = self.variables[*index].value.pieces()[record].clone();
                body.extend(if of_records.len() == 1 { piece } else { pad(piece) });
            }
        }
        [self.head(&begins), body].concat()
    }

    fn records(&self) -> usize {
        self.variables.iter().find(|variable| variable.record).map_or(0, |variable| variable.value.pieces().len())
    }

    fn head(&self, begins: &[usize]) -> Vec<u8> {
        let mut out = vec![b'C', b'D', b'F', if self.wide { 2 } else { 1 }];
        put(&mut out, self.records());
        list(&mut out, 0x0A, self.dimensions.len());
        for (name, length) in &self.dimensions {
            named(&mut out, name);
            put(&mut out, *length as usize);
        }
        list(&mut out, 0x0C, self.attributes.len());
        for (name, value) in &self.attributes {
            named(&mut out, name);
            put(&mut out, 2);
            put(&mut out, value.len());
            out.extend(pad(value.as_bytes().to_vec()));
        }
        list(&mut out, 0x0B, self.variables.len());
        for (variable, begin) in self.variables.iter().zip(begins) {
            named(&mut out, variable.name);
            put(&mut out, variable.dimensions.len());
            variable.dimensions.iter().for_each(|number| put(&mut out, *number as usize));
            list(&mut out, 0x0C, 0);
            put(&mut out, variable.value.kind() as usize);
            let pieces = variable.value.pieces();
            let bytes = if variable.record { pieces[0].clone() } else { pieces.concat() };
            put(&mut out, pad(bytes).len());
            match self.wide {
                true => out.extend((*begin as u64).to_be_bytes()),
                false => put(&mut out, *begin),
            }
        }
        out
    }
}

fn said(dimension: &str) -> u32 {
    dimension.trim_matches(|c: char| !c.is_ascii_digit()).parse().unwrap()
}

fn place(dimensions: &mut Vec<(String, u32)>, name: &str, length: u32) -> u32 {
    let at = dimensions.iter().position(|(own, _)| own == name).unwrap_or_else(|| {
        dimensions.push((name.to_owned(), length));
        dimensions.len() - 1
    });
    u32::try_from(at).unwrap()
}

fn pad(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}

fn put(out: &mut Vec<u8>, value: usize) {
    out.extend(u32::try_from(value).unwrap().to_be_bytes());
}

fn list(out: &mut Vec<u8>, tag: u32, count: usize) {
    put(out, if count == 0 { 0 } else { tag as usize });
    put(out, count);
}

fn named(out: &mut Vec<u8>, name: &str) {
    put(out, name.len());
    out.extend(pad(name.as_bytes().to_vec()));
}
