//! One file per instrument family, and the list of all of them.

use crate::contract::Profile;
use crate::described;
use crate::driver::Driver;

mod and_print;
mod andi_chrom;
mod andi_ms;
mod astm_lis2;
mod biotek_gen5;
mod biotek_serial;
mod bmg_mars;
mod chemstation;
mod chemstation_aux;
mod chemstation_ch;
mod chemstation_csv;
mod chemstation_report;
mod chemstation_result_xml;
mod chromeleon_txt;
mod csv_plate;
mod csv_trace;
mod dayuan_03ff;
mod dayuan_6a;
mod dayuan_7e;
mod dayuan_atp;
mod dayuan_bx1;
mod dayuan_dy6260;
mod dayuan_photometer;
mod elitech_rc4;
mod empower_arw;
mod envision;
mod ezchrom_asc;
mod gaml;
mod genesys_uv;
mod hanna_ph;
mod hl7v2;
mod inficon_fusion;
mod lunatic;
mod masshunter;
mod masshunter_csv;
mod masshunter_quant;
mod masslynx_raw;
mod mettler_dl55;
mod mettler_print;
mod mini_vidas;
mod modbus_rtu;
mod mt_sics;
mod mzml;
mod nanodrop;
mod ohaus_print;
mod orion_star;
mod ph_atc_stream;
mod sartorius_sbi;
mod scale_labelled_block;
mod scale_verification_digit;
mod sciex_txt;
mod shimadzu_ascii;
mod shimadzu_quant;
mod skanit;
mod softmax_pro;
mod softmax_serial;
mod spotchem_el;
mod sterling_7600;
mod taiyang_ttnj;
mod tecan_magellan;
mod visionlite;
mod vwr_symphony;

/// Every driver written in code. A new instrument is one file, one recorded conversation and one line here.
#[rustfmt::skip] // one line each
pub static ALL: &[&Profile] = &[
    &and_print::PROFILE,
    &andi_chrom::PROFILE,
    &andi_ms::PROFILE,
    &astm_lis2::PROFILE,
    &biotek_gen5::PROFILE,
    &biotek_serial::PROFILE,
    &bmg_mars::PROFILE,
    &chemstation_aux::PROFILE,
    &chemstation_ch::PROFILE,
    &chemstation_csv::PROFILE,
    &chemstation_report::PROFILE,
    &chemstation_result_xml::PROFILE,
    &chromeleon_txt::PROFILE,
    &csv_plate::PROFILE,
    &csv_trace::PROFILE,
    &dayuan_03ff::PROFILE,
    &dayuan_6a::PROFILE,
    &dayuan_7e::PROFILE,
    &dayuan_atp::PROFILE,
    &dayuan_bx1::PROFILE,
    &dayuan_dy6260::PROFILE,
    &dayuan_photometer::PROFILE,
    &elitech_rc4::PROFILE,
    &empower_arw::PROFILE,
    &envision::PROFILE,
    &ezchrom_asc::PROFILE,
    &gaml::PROFILE,
    &genesys_uv::PROFILE,
    &hanna_ph::PROFILE,
    &hl7v2::PROFILE,
    &inficon_fusion::PROFILE,
    &lunatic::PROFILE,
    &masshunter_csv::PROFILE,
    &masshunter_quant::PROFILE,
    &masslynx_raw::PROFILE,
    &mettler_dl55::PROFILE,
    &mettler_print::PROFILE,
    &mini_vidas::PROFILE,
    &modbus_rtu::PROFILE,
    &mt_sics::PROFILE,
    &mzml::PROFILE,
    &nanodrop::PROFILE,
    &ohaus_print::PROFILE,
    &orion_star::PROFILE,
    &ph_atc_stream::PROFILE,
    &sartorius_sbi::PROFILE,
    &scale_labelled_block::PROFILE,
    &scale_verification_digit::PROFILE,
    &sciex_txt::PROFILE,
    &shimadzu_ascii::PROFILE,
    &shimadzu_quant::PROFILE,
    &skanit::PROFILE,
    &softmax_pro::PROFILE,
    &softmax_serial::PROFILE,
    &spotchem_el::PROFILE,
    &sterling_7600::PROFILE,
    &taiyang_ttnj::PROFILE,
    &tecan_magellan::PROFILE,
    &visionlite::PROFILE,
    &vwr_symphony::PROFILE,
];

/// Every driver that comes with the program: those in code, then those described in profiles.
pub fn all() -> impl Iterator<Item = Driver> {
    ALL.iter().copied().map(Driver::Code).chain(described::built_in().iter().cloned())
}

/// The driver with this id.
pub fn by_id(id: &str) -> Option<Driver> {
    all().find(|driver| driver.id() == id)
}
