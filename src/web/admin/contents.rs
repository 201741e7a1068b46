//! What a method determines, as its page shows it: units, limits of the method, and the legal limits at hand.

use crate::store::catalogue::{Analyte, MethodAnalyte};
use crate::web::Shared;
use crate::web::error::Error;
use crate::web::locale::Locale;

pub struct Determined {
    pub address: String,
    pub analyte: String,
    pub unit: String,
    pub lod: String,
    pub loq: String,
    pub threshold: String,
    pub decimals: i64,
    pub limits: i64,
    pub unchecked: i64,
    pub limits_address: String,
    pub retired: bool,
}

pub async fn determined(shared: &Shared, l: &Locale, method: i64) -> Result<Vec<Determined>, Error> {
    let lines = shared.store.method_analytes(method).await?;
    let analytes: Vec<Analyte> = shared.store.lines(lines.iter().map(|line| line.analyte_id).collect()).await?;
    let limits = shared.store.limits_counted(analytes.iter().map(|one| one.id).collect()).await?;
    let one = |line: MethodAnalyte| {
        let analyte = analytes.iter().find(|one| one.id == line.analyte_id);
        let (limits, unchecked) = limits.get(&line.analyte_id).copied().unwrap_or_default();
        let called = analyte.map_or("", |one| one.name.as_str());
        Determined {
            address: format!("/admin/method-analytes/{}", line.id),
            limits_address: format!("/admin/limits?q={}", rocket::http::RawStr::new(called).percent_encode()),
            analyte: analyte.map(|one| l.pick(&one.name, &one.name_en)).unwrap_or_default(),
            unit: line.unit,
            lod: line.lod.unwrap_or_default(),
            loq: line.loq.unwrap_or_default(),
            threshold: line.threshold.unwrap_or_default(),
            decimals: line.decimals,
            limits,
            unchecked,
            retired: line.retired_at.is_some(),
        }
    };
    Ok(lines.into_iter().map(one).collect())
}
