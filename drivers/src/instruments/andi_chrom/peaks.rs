//! The peaks of an ANDI file: one array a fact, as long as there are peaks.

use crate::contract::{Chromatogram, Fault, Peak, Reading};
use crate::format::netcdf::File;

/// Peaks in their order, and a reading for each that has a name and an amount. `minutes` are in one unit of time.
pub fn read(file: &File<'_>, minutes: Option<f64>, place: &Chromatogram) -> Result<(Vec<Peak>, Vec<Reading>), Fault> {
    let column = |name| Column::read(file, name);
    let times = column("peak_retention_time")?;
    let (areas, heights, percents) = (column("peak_area")?, column("peak_height")?, column("peak_area_percent")?);
    let (starts, ends, amounts) = (column("peak_start_time")?, column("peak_end_time")?, column("peak_amount")?);
    let names = file.texts("peak_name")?;
    let unit = file.text("peak_amount_unit");
    let time = |column: &Column, index: usize| Some(column.at(index)? * minutes?);

    let (mut peaks, mut readings) = (Vec::new(), Vec::new());
    for index in 0..times.values.len() {
        let name = names.get(index).filter(|name| !name.is_empty()).cloned();
        // A peak without a name was not quantified; where its amount is 0 that only fills the place.
        let amount = amounts.literal(index).filter(|literal| name.is_some() || literal != "0");
        if let (Some(analyte), Some(literal)) = (&name, &amount) {
            readings.push(Reading {
                sample_id: place.sample_id.as_deref().map(Into::into),
                analyte: Some(analyte.as_str().into()),
                number: literal.parse().ok(),
                result: Some(literal.as_str().into()),
                unit: unit.as_deref().map(Into::into),
                measured_at: place.acquired_at,
                ..Reading::default()
            });
        }
        let amount = amount.and_then(|literal| literal.parse().ok());
        peaks.push(Peak {
            number: u32::try_from(index + 1).ok(),
            name,
            retention_time_min: time(&times, index),
            area: areas.at(index),
            height: heights.at(index),
            area_percent: percents.at(index),
            start_min: time(&starts, index),
            end_min: time(&ends, index),
            unit: unit.clone().filter(|_| amount.is_some()),
            amount,
        });
    }
    Ok((peaks, readings))
}

#[derive(Default)]
struct Column {
    values: Vec<f64>,
    single: bool,
}

impl Column {
    /// A column that holds the same 0 or -1 for every peak was never filled: it is none.
    fn read(file: &File<'_>, name: &str) -> Result<Self, Fault> {
        let Some(variable) = file.variable(name) else { return Ok(Self::default()) };
        let values = file.numbers(variable)?;
        let filled = values.iter().any(|value| *value != 0.0) && values.iter().any(|value| *value != -1.0);
        Ok(if filled { Self { values, single: variable.is_single() } } else { Self::default() })
    }

    fn at(&self, index: usize) -> Option<f64> {
        self.values.get(index).copied().filter(|value| value.is_finite())
    }

    /// The shortest decimal that is this value in the precision of the file: what the data system showed.
    fn literal(&self, index: usize) -> Option<String> {
        let value = self.at(index)?;
        Some(if self.single { (value as f32).to_string() } else { value.to_string() })
    }
}
