//! The lines as the laboratory has set them up: each instrument whose line is switched on.

use std::collections::BTreeMap;

use drivers::Serial;

use super::folder;
use super::lines::LineConfig;
use super::port::Transport;
use crate::store::catalogue::Instrument;

/// The text of each profile of the laboratory, by the name under which a line calls it.
pub type Profiles = BTreeMap<String, String>;

/// The configurations of the lines that should run on the hub itself.
pub fn configured(instruments: Vec<Instrument>, profiles: &Profiles) -> Vec<LineConfig> {
    lines_of(None, instruments, profiles)
}

/// The lines that a bench agent owns (`None`: the hub itself) and that should run; an instrument without a driver or with
/// its line off has none.
pub fn lines_of(agent: Option<i64>, instruments: Vec<Instrument>, profiles: &Profiles) -> Vec<LineConfig> {
    instruments.into_iter().filter(|one| one.agent_id == agent).filter_map(|one| line(one, profiles)).collect()
}

fn line(instrument: Instrument, profiles: &Profiles) -> Option<LineConfig> {
    let on = instrument.line_enabled_at.is_some() && instrument.retired_at.is_none();
    let profile = profiles.get(&instrument.driver).cloned();
    if !on || instrument.driver.is_empty() || instrument.address.trim().is_empty() {
        return None;
    }
    let transport = match instrument.transport.as_str() {
        "tcp-client" => Transport::TcpClient { address: instrument.address },
        "tcp-server" => Transport::TcpServer { address: instrument.address },
        "folder" => Transport::Folder {
            path: instrument.address,
            pattern: instrument.file_pattern.unwrap_or_else(|| "*".to_owned()),
            settle_seconds: match instrument.settle_seconds {
                Some(seconds) => u32::try_from(seconds).ok()?,
                None => folder::SETTLE_SECONDS,
            },
        },
        _ => {
            let serial = Serial {
                baud: u32::try_from(instrument.baud).ok()?,
                data_bits: u8::try_from(instrument.data_bits).ok()?,
                parity: instrument.parity.chars().next().unwrap_or('N'),
                stop_bits: u8::try_from(instrument.stop_bits).ok()?,
            };
            Transport::serial(instrument.address, serial)
        }
    };
    Some(LineConfig { instrument: instrument.code, driver: instrument.driver, transport, profile })
}
