//! The lines a bench agent ran last, in a file that is replaced whole.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::acquire::lines::LineConfig;

pub(super) struct Memory {
    file: PathBuf,
}

impl Memory {
    pub fn new(data_dir: &Path) -> Self {
        Self { file: data_dir.join("lines.json") }
    }

    /// The lines kept last; none where nothing was kept yet.
    pub fn recall(&self) -> io::Result<Vec<LineConfig>> {
        match std::fs::read(&self.file) {
            Ok(bytes) => Ok(serde_json::from_slice(&bytes)?),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    /// Keeps the lines; after a power cut the file holds these or the ones before, never half of either.
    pub fn keep(&self, lines: &[LineConfig]) -> io::Result<()> {
        if self.recall().is_ok_and(|kept| kept == lines) {
            return Ok(());
        }
        let folder = self.file.parent().unwrap_or(Path::new("."));
        let mut new = tempfile::NamedTempFile::new_in(folder)?;
        new.write_all(&serde_json::to_vec_pretty(lines)?)?;
        new.as_file().sync_all()?;
        new.persist(&self.file)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use drivers::Serial;

    use super::*;
    use crate::acquire::port::Transport;

    #[test]
    fn an_agent_remembers_every_kind_of_line() {
        let folder = tempfile::tempdir().unwrap();
        let memory = Memory::new(folder.path());
        assert_eq!(memory.recall().unwrap(), []);
        let line = |instrument: &str, transport| LineConfig {
            instrument: instrument.to_owned(),
            driver: "astm-lis2".to_owned(),
            transport,
            profile: None,
        };
        let lines = vec![
            line("A", Transport::serial("COM3", Serial { parity: 'E', ..Serial::new(9600) })),
            line("B", Transport::TcpClient { address: "10.0.0.7:4000".to_owned() }),
            line("C", Transport::TcpServer { address: "0.0.0.0:4001".to_owned() }),
        ];
        memory.keep(&lines).unwrap();
        assert_eq!(memory.recall().unwrap(), lines);
        std::fs::write(folder.path().join("lines.json"), "{").unwrap();
        assert!(memory.recall().is_err(), "a damaged file is no empty list");
        memory.keep(&lines).unwrap();
        assert_eq!(memory.recall().unwrap(), lines);
    }
}
