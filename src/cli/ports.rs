//! `qingke ports`: the serial ports of this computer.

use std::io::Write;
use std::process::ExitCode;

use serde::Serialize;
use tokio_serial::{SerialPortInfo, SerialPortType};

/// List the serial ports of this computer
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: qingke ports --json\nA port that is not listed can still be used by its path.")]
pub struct Args {
    /// Print the list as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Default, Serialize)]
struct Port {
    port: String,
    kind: &'static str,
    /// USB vendor and product, four hexadecimal digits each.
    usb_id: Option<String>,
    manufacturer: Option<String>,
    product: Option<String>,
    serial_number: Option<String>,
}

impl From<SerialPortInfo> for Port {
    fn from(it: SerialPortInfo) -> Self {
        let port = Self { port: it.port_name, ..Self::default() };
        match it.port_type {
            SerialPortType::UsbPort(usb) => Self {
                kind: "usb",
                usb_id: Some(format!("{:04x}:{:04x}", usb.vid, usb.pid)),
                manufacturer: usb.manufacturer,
                product: usb.product,
                serial_number: usb.serial_number,
                ..port
            },
            SerialPortType::BluetoothPort => Self { kind: "bluetooth", ..port },
            SerialPortType::PciPort => Self { kind: "pci", ..port },
            SerialPortType::Unknown => Self { kind: "unknown", ..port },
        }
    }
}

pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    let mut ports: Vec<Port> = tokio_serial::available_ports()?.into_iter().map(Port::from).collect();
    ports.sort_by(|a, b| a.port.cmp(&b.port));
    let mut out = std::io::stdout().lock();
    if args.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&ports)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    for port in ports {
        let about = [port.usb_id, port.manufacturer, port.product, port.serial_number];
        let about: Vec<String> = about.into_iter().flatten().collect();
        writeln!(out, "{:<24} {:<10} {}", port.port, port.kind, about.join(" "))?;
    }
    Ok(ExitCode::SUCCESS)
}
