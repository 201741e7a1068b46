//! The elements of an mzML file that matter, gathered in one pass.

use std::collections::BTreeMap;

use crate::contract::Fault;
use crate::format::arrays::{self, Budget, Order, Width};
use crate::format::xml::{Element, Node, walk};

/// A `cvParam`: a word of the vocabulary, perhaps with a value and a unit.
#[derive(Debug, Default, Clone)]
pub struct Term {
    pub accession: String,
    pub name: String,
    pub value: String,
    /// Accession of the unit.
    pub unit: String,
    pub unit_name: String,
}

impl Term {
    fn of(element: &Element) -> Self {
        let said = |name: &str| element.attribute(name).unwrap_or_default().to_owned();
        Self {
            accession: said("accession"),
            name: said("name"),
            value: said("value"),
            unit: said("unitAccession"),
            unit_name: said("unitName"),
        }
    }
}

/// No element has as many; groups that refer to each other could make them endless.
const TERMS: usize = 64;

#[derive(Debug, Default)]
pub struct Array {
    terms: Vec<Term>,
    text: String,
}

impl Array {
    pub fn term(&self, accession: &str) -> Option<&Term> {
        self.terms.iter().find(|term| term.accession == accession)
    }

    /// The numbers of an array; little-endian is the only order of mzML.
    pub fn numbers(&self, budget: &mut Budget) -> Result<Vec<f64>, &'static str> {
        let has = |accession: &str| self.term(accession).is_some();
        let width = match () {
            () if has("MS:1000521") => Width::Float32,
            () if has("MS:1000523") => Width::Float64,
            () if has("MS:1000519") => Width::Int32,
            () if has("MS:1000522") => Width::Int64,
            () => return Err("an array of 32 or 64 bit numbers"),
        };
        let zlib = has("MS:1000574");
        if !zlib && !has("MS:1000576") {
            return Err("an array without compression or with zlib");
        }
        let values = arrays::read(&self.text, zlib, width, Order::Little, budget)?;
        if values.iter().all(|value| value.is_finite()) { Ok(values) } else { Err("finite numbers") }
    }
}

#[derive(Debug, Default)]
pub struct RawChromatogram {
    pub id: String,
    pub arrays: Vec<Array>,
}

#[derive(Debug, Default)]
pub struct Run {
    pub id: Option<String>,
    pub started: Option<String>,
    /// Name of the run's sample, or of the only one.
    pub sample: Option<String>,
    /// The program that acquired, with its version.
    pub software: Option<String>,
    /// What is said about the instrument as a whole.
    pub instrument: Vec<Term>,
    pub spectra_declared: Option<usize>,
    pub spectra: usize,
    pub chromatograms: Vec<RawChromatogram>,
}

impl Run {
    pub fn read(text: &str) -> Result<Self, Fault> {
        let mut reading = Reading::default();
        walk(text, |node| reading.take(node))?;
        let Reading { mut run, samples, sample_ref, .. } = reading;
        let named = match sample_ref {
            Some(id) => samples.into_iter().find(|(own, _)| *own == id),
            None if samples.len() == 1 => samples.into_iter().next(),
            None => None,
        };
        run.sample = named.map(|(_, name)| name).filter(|name| !name.is_empty());
        Ok(run)
    }
}

#[derive(Default)]
struct Reading {
    run: Run,
    /// Where we are, from the outermost element in.
    path: Vec<String>,
    /// Terms of each `referenceableParamGroup` by its id.
    groups: BTreeMap<String, Vec<Term>>,
    /// Id of the group being read.
    group: String,
    samples: Vec<(String, String)>,
    sample_ref: Option<String>,
}

impl Reading {
    fn take(&mut self, node: Node) {
        match node {
            Node::Start(element) => {
                self.start(&element);
                self.path.push(element.name);
            }
            Node::Text(text) if self.path.last().is_some_and(|name| name == "binary") => {
                if let Some(array) = self.array() {
                    array.text.push_str(&text);
                }
            }
            Node::Text(_) => {}
            Node::End(_) => {
                self.path.pop();
            }
        }
    }

    /// The array being read, unless it is one of a spectrum.
    fn array(&mut self) -> Option<&mut Array> {
        let own = self.path.iter().any(|name| name == "chromatogram");
        self.run.chromatograms.last_mut().filter(|_| own)?.arrays.last_mut()
    }

    fn start(&mut self, element: &Element) {
        let said = |name: &str| element.attribute(name).map(str::to_owned);
        match element.name.as_str() {
            "referenceableParamGroup" => self.group = said("id").unwrap_or_default(),
            "referenceableParamGroupRef" => {
                let id = said("ref").unwrap_or_default();
                self.terms(self.groups.get(&id).cloned().unwrap_or_default());
            }
            "cvParam" => self.terms(vec![Term::of(element)]),
            "sample" => self.samples.push((said("id").unwrap_or_default(), said("name").unwrap_or_default())),
            "software" if self.run.software.is_none() => {
                let parts = [said("id"), said("version")];
                self.run.software = Some(parts.into_iter().flatten().collect::<Vec<_>>().join(" "));
            }
            "run" => {
                (self.run.id, self.run.started) = (said("id"), said("startTimeStamp"));
                self.sample_ref = said("sampleRef");
            }
            "spectrumList" => self.run.spectra_declared = said("count").and_then(|count| count.parse().ok()),
            "spectrum" => self.run.spectra += 1,
            "chromatogram" => {
                self.run.chromatograms.push(RawChromatogram { id: said("id").unwrap_or_default(), arrays: Vec::new() })
            }
            "binaryDataArray" if self.path.iter().any(|name| name == "chromatogram") => {
                if let Some(chromatogram) = self.run.chromatograms.last_mut() {
                    chromatogram.arrays.push(Array::default());
                }
            }
            _ => {}
        }
    }

    /// Terms belong to the innermost element that keeps some.
    fn terms(&mut self, terms: Vec<Term>) {
        let own = match self.path.last().map(String::as_str) {
            Some("referenceableParamGroup") => Some(self.groups.entry(self.group.clone()).or_default()),
            Some("instrumentConfiguration") => Some(&mut self.run.instrument),
            Some("binaryDataArray") => self.array().map(|array| &mut array.terms),
            _ => None,
        };
        if let Some(own) = own {
            own.extend(terms.into_iter().take(TERMS.saturating_sub(own.len())));
        }
    }
}
