//! The people who take samples: what they write on a form, and what an instrument will find in it.

use std::sync::Arc;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan};

use super::Ids;
use crate::demo::county;
use crate::demo::instruments::bench::Test;
use crate::demo::instruments::{Chance, Model};
use crate::lab::sampling::form::{Class, SamplingForm, Stage};
use crate::lab::zone::zone;
use crate::store::samples::NewSample;

/// Which instrument answers an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Rapid,
    Residues,
    Milk,
}

impl Kind {
    pub fn methods(self) -> &'static [&'static str] {
        match self {
            Self::Rapid => &["GB/T 5009.199-2003"],
            Self::Residues => &["NY/T 761-2008"],
            Self::Milk => &["GB 5009.24-2016", "QK-ELISA-01"],
        }
    }

    pub fn instrument(self) -> (&'static str, Model) {
        match self {
            Self::Rapid => ("NC-1", Model::Lz4000),
            Self::Residues => ("GC-1", Model::Gc),
            Self::Milk => ("ELISA-1", Model::Elisa),
        }
    }
}

/// Takes samples by chance, the same for the same seed.
pub struct Sampler {
    ids: Arc<Ids>,
    pub chance: Chance,
}

/// A moment of a day; never later than the story's end.
pub fn at(day: Date, hour: i8, minute: i8, now: Timestamp) -> Timestamp {
    let moment = zone().to_timestamp(day.at(hour, minute, 0, 0)).unwrap_or(now);
    moment.min(now - SignedDuration::from_mins(1))
}

impl Sampler {
    pub fn new(ids: Arc<Ids>, chance: Chance) -> Self {
        Self { ids, chance }
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> Option<T> {
        let at = (self.chance.unit() * from.len() as f64) as usize;
        from.get(at.min(from.len().saturating_sub(1))).copied()
    }

    /// A filled-in form of the afternoon before `day`.
    pub fn form(&mut self, day: Date, kind: Kind, now: Timestamp) -> NewSample {
        let (commodity, written) = match kind {
            Kind::Milk => ("RAWMILK", "生乳"),
            _ => self
                .pick(&[
                    ("SPINACH", "菠菜"),
                    ("PAKCHOI", "小白菜"),
                    ("CELERY", "芹菜"),
                    ("CHIVE", "韭菜"),
                    ("TOMATO", "番茄"),
                    ("CUCUMBER", "黄瓜"),
                    ("COWPEA", "豇豆"),
                    ("PEPPER", "青椒"),
                ])
                .unwrap_or(("SPINACH", "菠菜")),
        };
        let (place, stage, town) = match kind {
            Kind::Milk => ("P06", Stage::Collection, "措麦乡"),
            _ => self
                .pick(&[
                    ("P01", Stage::Wholesale, "城关镇"),
                    ("P02", Stage::Retail, "城关镇"),
                    ("P03", Stage::Retail, "扎桑镇"),
                    ("P04", Stage::Production, "白朵乡"),
                    ("P05", Stage::Production, "江村乡"),
                ])
                .unwrap_or(("P01", Stage::Wholesale, "城关镇")),
        };
        let producer = match kind {
            Kind::Milk => "C03",
            _ => self.pick(&["C01", "C02", "C04", "N01", "N02", "N03"]).unwrap_or("C01"),
        };
        let class = if self.chance.one_in(7) {
            Class::Commissioned
        } else if self.chance.one_in(3) {
            Class::Routine
        } else {
            Class::Supervision
        };
        let party = county::PRODUCERS.iter().find(|one| one.0 == producer);
        let first = self.pick(&county::SAMPLERS).unwrap_or_default();
        let second = county::SAMPLERS.iter().copied().find(|name| *name != first).unwrap_or_default();
        let sampled = day.saturating_sub(1.day());
        let number = (self.chance.unit() * 90_000.0) as u32 + 10_000;
        let form = SamplingForm {
            lot_size: format!("{}", 20 + (self.chance.unit() * 200.0) as u32),
            state: "鲜活".to_owned(),
            produced_on: sampled.to_string(),
            packaging: "散装".to_owned(),
            inspected_party: party.map(|one| one.1.to_owned()).unwrap_or_default(),
            contact: party.map(|one| one.5.to_owned()).unwrap_or_default(),
            address: party.map(|one| one.4.to_owned()).unwrap_or_default(),
            sampling_method: "NY/T 789-2004".to_owned(),
            samplers: vec![first.to_owned(), second.to_owned()],
            quantity: "2.0".to_owned(),
            quantity_unit: if kind == Kind::Milk { "L" } else { "kg" }.to_owned(),
            seal: format!("F{number}"),
            retained_seal: format!("F{}", number + 1),
            retained_quantity: "1.0".to_owned(),
            retained_keeper: "检测站".to_owned(),
            temperature: format!("{:.1}", self.chance.between(3.0, 9.0)),
            price_paid: format!("{:.2}", self.chance.between(8.0, 36.0)),
            party_signature: "已签字".to_owned(),
            ..SamplingForm::default()
        };
        NewSample {
            class,
            stage,
            commodity: self.ids.commodities.get(commodity).copied().unwrap_or_default(),
            commodity_written: written.to_owned(),
            producer: self.ids.producers.get(producer).copied(),
            place: self.ids.places.get(place).copied(),
            town: town.to_owned(),
            plan_item: (class == Class::Routine).then(|| self.ids.plan_items.get(commodity).copied()).flatten(),
            sampled_at: at(sampled, 15, 30, now),
            form,
        }
    }

    /// What an instrument will find; `bad`: above a limit or threshold.
    pub fn levels(&mut self, kind: Kind, bad: bool) -> Vec<Test> {
        match (kind, bad) {
            (Kind::Rapid, true) => vec![Test::new("INH", 68.0, 9.0)],
            (Kind::Rapid, false) => vec![Test::new("INH", 11.0, 5.0)],
            (Kind::Residues, true) => {
                vec![Test::new("Chlorpyrifos", 0.041, 0.012), Test::new("Malathion", 0.03, 0.005)]
            }
            (Kind::Residues, false) if self.chance.one_in(3) => vec![Test::new("Chlorpyrifos", 0.012, 0.002)],
            (Kind::Residues, false) => vec![Test::new("Malathion", 0.021, 0.006)],
            (Kind::Milk, true) => {
                vec![Test::new("AFM1", 0.62, 0.05), Test::new("ENR", 3.0, 1.0), Test::new("SAs", 4.0, 1.0)]
            }
            (Kind::Milk, false) => {
                vec![Test::new("AFM1", 0.05, 0.02), Test::new("ENR", 3.0, 1.0), Test::new("SAs", 4.0, 1.0)]
            }
        }
    }
}
