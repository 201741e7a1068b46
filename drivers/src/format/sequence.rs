//! Sequence tables for chromatography data systems: what the laboratory has ordered, as the table a system imports.
//!
//! Columns are called as each system's own table calls them, which is what its import looks for or offers. Makers'
//! documents: MassHunter Acquisition, "Worklist"; LabSolutions, "Batch table"; ChemStation, "Sequence table". No import
//! into a real system was seen.

use std::collections::HashSet;

use encoding_rs::GBK;

use crate::contract::Role;

/// One line of a sequence: one injection, or several of the same vial.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Injection {
    /// Place in the sampler, as the system writes it: `P1-A3`, `9`.
    pub position: String,
    pub sample_name: String,
    /// The laboratory's number of the sample, which the system gives back with the result.
    pub sample_id: String,
    pub role: Role,
    /// Level of a calibrator, from 1.
    pub level: Option<u32>,
    /// Name of the method, with the extension that the system wants, if it wants one.
    pub method: String,
    /// Name of the data file; empty: the system names it.
    pub data_file: String,
    /// Microlitres, as they are to be printed; empty: as the method says.
    pub volume: String,
    pub dilution: String,
    pub comment: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum System {
    MassHunter,
    LabSolutions,
    ChemStation,
}

/// In what characters the file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Characters {
    /// UTF-8 with a byte order mark.
    Utf8,
    /// UTF-16, low byte first, with a byte order mark.
    Utf16,
    /// The code page of a Chinese Windows.
    Gbk,
}

/// Why a sequence cannot be written, and where: lines are counted from 1, without the line of names.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unwritable {
    #[error("line {line}, {column}: expected a text without line ends and control characters, found '{found}'")]
    Text { line: usize, column: &'static str, found: String },
    #[error("line {line}, {column}: expected a name Windows allows for a file, found '{found}'")]
    FileName { line: usize, column: &'static str, found: String },
    #[error("line {line}, {column}: expected a number with a decimal point, found '{found}'")]
    Number { line: usize, column: &'static str, found: String },
    #[error("line {line}: the data file '{found}' is that of line {first} too and would be overwritten")]
    Overwrites { line: usize, first: usize, found: String },
    #[error("line {line}, {column}: GBK has no character for some of '{found}'")]
    Character { line: usize, column: &'static str, found: String },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Position,
    SampleName,
    SampleId,
    Role,
    Level,
    Method,
    DataFile,
    Volume,
    Dilution,
    Comment,
}

type Column = (&'static str, Kind);

const MASSHUNTER: &[Column] = &[
    ("Sample Name", Kind::SampleName),
    ("Sample Position", Kind::Position),
    ("Method", Kind::Method),
    ("Data File", Kind::DataFile),
    ("Sample Type", Kind::Role),
    ("Level Name", Kind::Level),
    ("Inj Vol (µl)", Kind::Volume),
    ("Dilution", Kind::Dilution),
    ("Sample ID", Kind::SampleId),
    ("Comment", Kind::Comment),
];

const LABSOLUTIONS: &[Column] = &[
    ("Vial#", Kind::Position),
    ("Sample Name", Kind::SampleName),
    ("Sample ID", Kind::SampleId),
    ("Sample Type", Kind::Role),
    ("Level#", Kind::Level),
    ("Method File", Kind::Method),
    ("Data File", Kind::DataFile),
    ("Inj. Volume", Kind::Volume),
    ("Dil. Factor", Kind::Dilution),
    ("Data Comment", Kind::Comment),
];

const CHEMSTATION: &[Column] = &[
    ("Location", Kind::Position),
    ("Sample Name", Kind::SampleName),
    ("Method Name", Kind::Method),
    ("Sample Type", Kind::Role),
    ("Cal Level", Kind::Level),
    ("Inj Volume", Kind::Volume),
    ("Dilution", Kind::Dilution),
    ("Data File", Kind::DataFile),
    ("LIMS ID", Kind::SampleId),
    ("Sample Info", Kind::Comment),
];

impl System {
    /// The characters the system writes its own tables in; its computer may be set up otherwise.
    pub fn characters(self) -> Characters {
        match self {
            Self::MassHunter => Characters::Utf8,
            Self::LabSolutions => Characters::Gbk,
            Self::ChemStation => Characters::Utf16,
        }
    }

    fn columns(self) -> &'static [Column] {
        match self {
            Self::MassHunter => MASSHUNTER,
            Self::LabSolutions => LABSOLUTIONS,
            Self::ChemStation => CHEMSTATION,
        }
    }

    /// The system's word for a type of sample. What a system has no word for is measured as a sample.
    fn word(self, role: Role) -> &'static str {
        match (self, role) {
            (Self::LabSolutions, Role::Calibrator) => "Standard",
            (Self::LabSolutions, Role::Control) => "Control",
            (Self::LabSolutions, _) => "Unknown",
            (_, Role::Blank) => "Blank",
            (_, Role::Calibrator) => "Calibration",
            (Self::MassHunter, Role::Control) => "QC",
            (Self::ChemStation, Role::Control) => "Control",
            (_, Role::Unknown | Role::Spike | Role::Duplicate) => "Sample",
        }
    }
}

/// The table as the bytes of a CSV file: a line of names, then a line for each injection, each ended by CR LF.
pub fn write(system: System, characters: Characters, injections: &[Injection]) -> Result<Vec<u8>, Unwritable> {
    overwrites_nothing(injections)?;
    let columns = system.columns();
    let mut text = line(columns.iter().map(|(name, _)| (*name).to_owned()));
    for (index, injection) in injections.iter().enumerate() {
        let cells: Result<Vec<String>, Unwritable> =
            columns.iter().map(|column| cell(system, characters, *column, index + 1, injection)).collect();
        text.push_str(&line(cells?.into_iter()));
    }
    Ok(match characters {
        Characters::Utf8 => format!("\u{feff}{text}").into_bytes(),
        Characters::Utf16 => format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect(),
        // The one character of a column's name that GBK does not have is written as the systems print it without.
        Characters::Gbk => GBK.encode(&text.replace('µ', "u")).0.into_owned(),
    })
}

/// Two injections into one data file: the second would replace the first.
fn overwrites_nothing(injections: &[Injection]) -> Result<(), Unwritable> {
    let mut seen: HashSet<String> = HashSet::new();
    for (index, injection) in injections.iter().enumerate().filter(|(_, own)| !own.data_file.is_empty()) {
        // File names of Windows are alike in upper and lower case.
        let name = injection.data_file.to_lowercase();
        if !seen.insert(name.clone()) {
            let first = injections.iter().position(|other| other.data_file.to_lowercase() == name);
            let (line, first) = (index + 1, first.unwrap_or(index) + 1);
            return Err(Unwritable::Overwrites { line, first, found: injection.data_file.clone() });
        }
    }
    Ok(())
}

fn cell(
    system: System,
    characters: Characters,
    (column, kind): Column,
    line: usize,
    injection: &Injection,
) -> Result<String, Unwritable> {
    let text = match kind {
        Kind::Position => &injection.position,
        Kind::SampleName => &injection.sample_name,
        Kind::SampleId => &injection.sample_id,
        Kind::Method => &injection.method,
        Kind::DataFile => &injection.data_file,
        Kind::Volume => &injection.volume,
        Kind::Dilution => &injection.dilution,
        Kind::Comment => &injection.comment,
        Kind::Role => return Ok(system.word(injection.role).to_owned()),
        Kind::Level => return Ok(injection.level.map(|level| level.to_string()).unwrap_or_default()),
    };
    let found = || text.chars().take(60).collect::<String>();
    if text.chars().any(char::is_control) {
        return Err(Unwritable::Text { line, column, found: found().escape_debug().to_string() });
    }
    if kind == Kind::DataFile && !is_file_name(text) {
        return Err(Unwritable::FileName { line, column, found: found() });
    }
    if matches!(kind, Kind::Volume | Kind::Dilution) && !is_number(text) {
        return Err(Unwritable::Number { line, column, found: found() });
    }
    if characters == Characters::Gbk && GBK.encode(text).2 {
        return Err(Unwritable::Character { line, column, found: found() });
    }
    Ok(text.clone())
}

fn is_file_name(text: &str) -> bool {
    let forbidden = ['\\', '/', ':', '*', '?', '"', '<', '>', '|'];
    !text.contains(forbidden) && !text.ends_with(['.', ' ']) && !text.starts_with(' ')
}

fn is_number(text: &str) -> bool {
    text.is_empty() || (!text.contains([',', '-', 'e', 'E']) && super::numbers::number(text).is_some())
}

/// One line of CSV (RFC 4180).
fn line(cells: impl Iterator<Item = String>) -> String {
    let mut text = String::new();
    for (index, cell) in cells.enumerate() {
        if index > 0 {
            text.push(',');
        }
        let quoted = cell.contains([',', ';', '"']) || cell.starts_with(' ') || cell.ends_with(' ');
        if quoted {
            text.push('"');
            text.push_str(&cell.replace('"', "\"\""));
            text.push('"');
        } else {
            text.push_str(&cell);
        }
    }
    text.push_str("\r\n");
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::encodings;

    fn sequence() -> Vec<Injection> {
        let own = |position: &str, name: &str, id: &str, role, level, file: &str| Injection {
            position: position.to_owned(),
            sample_name: name.to_owned(),
            sample_id: id.to_owned(),
            role,
            level,
            method: "VEG.M".to_owned(),
            data_file: file.to_owned(),
            volume: "1.0".to_owned(),
            ..Injection::default()
        };
        vec![
            own("1", "空白", "", Role::Blank, None, "B1"),
            own("2", "STD 3", "", Role::Calibrator, Some(3), "S3"),
            own("3", "小白菜, \"嫩\"", "26-041", Role::Unknown, None, "26-041"),
            own("4", "QC", "", Role::Control, None, ""),
        ]
    }

    fn text(system: System) -> String {
        let bytes = write(system, system.characters(), &sequence()).unwrap();
        encodings::read(&bytes).0
    }

    #[test]
    fn each_system_finds_its_own_columns_and_words() {
        assert_eq!(
            text(System::MassHunter),
            "Sample Name,Sample Position,Method,Data File,Sample Type,Level Name,Inj Vol (µl),Dilution,Sample ID,Comment\r\n\
             空白,1,VEG.M,B1,Blank,,1.0,,,\r\nSTD 3,2,VEG.M,S3,Calibration,3,1.0,,,\r\n\
             \"小白菜, \"\"嫩\"\"\",3,VEG.M,26-041,Sample,,1.0,,26-041,\r\nQC,4,VEG.M,,QC,,1.0,,,\r\n"
        );
        assert_eq!(
            text(System::LabSolutions),
            "Vial#,Sample Name,Sample ID,Sample Type,Level#,Method File,Data File,Inj. Volume,Dil. Factor,Data Comment\r\n\
             1,空白,,Unknown,,VEG.M,B1,1.0,,\r\n2,STD 3,,Standard,3,VEG.M,S3,1.0,,\r\n\
             3,\"小白菜, \"\"嫩\"\"\",26-041,Unknown,,VEG.M,26-041,1.0,,\r\n4,QC,,Control,,VEG.M,,1.0,,\r\n"
        );
        assert_eq!(
            text(System::ChemStation),
            "Location,Sample Name,Method Name,Sample Type,Cal Level,Inj Volume,Dilution,Data File,LIMS ID,Sample Info\r\n\
             1,空白,VEG.M,Blank,,1.0,,B1,,\r\n2,STD 3,VEG.M,Calibration,3,1.0,,S3,,\r\n\
             3,\"小白菜, \"\"嫩\"\"\",VEG.M,Sample,,1.0,,26-041,26-041,\r\n4,QC,VEG.M,Control,,1.0,,,,\r\n"
        );
    }

    #[test]
    fn the_characters_are_those_of_the_system() {
        for (system, encoding, start) in [
            (System::MassHunter, "utf-8", b"\xEF\xBB\xBFSa".as_slice()),
            (System::LabSolutions, "gb18030", b"Vial#"),
            (System::ChemStation, "utf-16le", b"\xFF\xFEL\0o"),
        ] {
            let bytes = write(system, system.characters(), &sequence()).unwrap();
            assert!(bytes.starts_with(start), "{system:?}");
            assert_eq!(encodings::read(&bytes).1, encoding);
        }
    }

    #[test]
    fn what_is_written_is_read_again_cell_for_cell() {
        let bytes = write(System::ChemStation, Characters::Utf16, &sequence()).unwrap();
        let (text, encoding) = encodings::read(&bytes);
        let rows = super::super::rows::rows(&text, &bytes, encoding);
        let names: Vec<_> = rows.iter().skip(1).filter_map(|row| row.cells(',').nth(1)).collect();
        assert_eq!(names, ["空白", "STD 3", "小白菜, \"嫩\"", "QC"]);
    }

    #[test]
    fn a_table_that_would_do_harm_is_not_written() {
        let with = |change: fn(&mut Injection)| {
            let mut injections = sequence();
            change(&mut injections[2]);
            write(System::LabSolutions, Characters::Gbk, &injections).map_err(|error| error.to_string())
        };
        let cases: [(fn(&mut Injection), &str); 6] = [
            (|own| own.sample_name = "a\r\n5,b".to_owned(), "line 3, Sample Name: expected a text without line ends"),
            (|own| own.data_file = "..\\x".to_owned(), "line 3, Data File: expected a name Windows allows"),
            (|own| own.data_file = "b1".to_owned(), "line 3: the data file 'b1' is that of line 1 too"),
            (|own| own.volume = "1,5".to_owned(), "line 3, Inj. Volume: expected a number with a decimal point"),
            (|own| own.dilution = "x".to_owned(), "line 3, Dil. Factor: expected a number with a decimal point"),
            (|own| own.comment = "𠮷".to_owned(), "line 3, Data Comment: GBK has no character"),
        ];
        for (change, expected) in cases {
            let error = with(change).unwrap_err();
            assert!(error.starts_with(expected), "{error}");
        }
        assert!(with(|own| own.dilution = "2.5".to_owned()).is_ok());
    }
}
