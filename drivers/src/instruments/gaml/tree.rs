//! The elements of a GAML file that matter, gathered in one pass.

use std::rc::Rc;

use crate::contract::Fault;
use crate::format::arrays::{self, Budget, Order, Width};
use crate::format::xml::{Element, Node, walk};

/// Parameters of file and trace that are of use.
const KEPT: [&str; 4] = ["component_name", "component_version", "SD_SAMP_NAME", "SMP_RSLT_UNITS"];

/// Name and text of each `parameter` that says something.
pub type Parameters = Vec<(String, String)>;

pub fn value<'p>(parameters: &'p Parameters, name: &str) -> Option<&'p str> {
    parameters.iter().find(|(own, _)| own == name).map(|(_, text)| text.as_str())
}

#[derive(Debug, Default)]
pub struct Gaml {
    pub parameters: Parameters,
    pub traces: Vec<Trace>,
}

/// One `Ydata` with the `Xdata` and `trace` around it.
#[derive(Debug, Default, Clone)]
pub struct Trace {
    pub experiment: String,
    pub collected: Option<String>,
    pub name: String,
    pub technique: String,
    /// Parameters of the trace and of its peak table.
    pub parameters: Parameters,
    pub x_unit: String,
    /// Shared by all `Ydata` of an `Xdata`.
    pub x: Rc<Numbers>,
    pub y_unit: String,
    pub y: Rc<Numbers>,
    pub peaks: Vec<RawPeak>,
}

/// The numbers of a `values` element, or what was expected of it.
#[derive(Debug)]
pub struct Numbers(pub Result<Vec<f64>, &'static str>);

impl Default for Numbers {
    fn default() -> Self {
        Self(Err("values"))
    }
}

/// A `values` element, not yet decoded.
#[derive(Default)]
struct Values {
    format: String,
    order: String,
}

impl Values {
    fn numbers(&self, text: &str, budget: &mut Budget) -> Result<Vec<f64>, &'static str> {
        let width = match self.format.as_str() {
            "FLOAT32" => Width::Float32,
            "FLOAT64" => Width::Float64,
            _ => return Err("values as FLOAT32 or FLOAT64"),
        };
        let order = match self.order.as_str() {
            "INTEL" => Order::Little,
            "MOTOROLA" => Order::Big,
            _ => return Err("bytes in the order INTEL or MOTOROLA"),
        };
        let values = arrays::read(text, false, width, order, budget)?;
        if values.iter().all(|value| value.is_finite()) { Ok(values) } else { Err("finite values") }
    }
}

#[derive(Debug, Default, Clone)]
pub struct RawPeak {
    pub number: String,
    /// Parameters, and the texts of the elements inside the peak by the element's name.
    parameters: Parameters,
}

impl RawPeak {
    pub fn value(&self, name: &str) -> Option<&str> {
        value(&self.parameters, name)
    }
}

impl Gaml {
    pub fn read(text: &str) -> Result<Self, Fault> {
        let mut reading = Reading::default();
        walk(text, |node| reading.take(node))?;
        Ok(reading.gaml)
    }
}

#[derive(Default)]
struct Reading {
    gaml: Gaml,
    /// The trace being read; pushed with each `Ydata` that ends.
    trace: Trace,
    peak: Option<RawPeak>,
    values: Values,
    budget: Budget,
    /// Name of the parameter being read.
    parameter: String,
    inside_y: bool,
    inside_trace: bool,
    text: String,
}

impl Reading {
    fn take(&mut self, node: Node) {
        match node {
            Node::Start(element) => {
                self.text.clear();
                self.start(&element);
            }
            Node::Text(text) => self.text.push_str(&text),
            Node::End(name) => {
                self.end(&name);
                self.text.clear();
            }
        }
    }

    fn start(&mut self, element: &Element) {
        let said = |name: &str| element.attribute(name).unwrap_or_default().to_owned();
        match element.name.as_str() {
            "experiment" => self.trace = Trace { experiment: said("name"), ..Trace::default() },
            "trace" => {
                let Trace { experiment, collected, .. } = std::mem::take(&mut self.trace);
                self.trace = Trace {
                    experiment,
                    collected,
                    name: said("name"),
                    technique: said("technique"),
                    ..Trace::default()
                };
                self.inside_trace = true;
            }
            "Xdata" => (self.trace.x_unit, self.trace.x) = (said("units"), Rc::default()),
            "Ydata" => {
                (self.trace.y_unit, self.trace.y) = (said("units"), Rc::default());
                self.inside_y = true;
            }
            "values" => self.values = Values { format: said("format"), order: said("byteorder") },
            "parameter" => self.parameter = said("name"),
            "peak" => self.peak = Some(RawPeak { number: said("number"), parameters: Vec::new() }),
            _ => {}
        }
    }

    fn end(&mut self, name: &str) {
        let text = std::mem::take(&mut self.text);
        match name {
            "collectdate" => self.trace.collected = Some(text),
            "values" => {
                let numbers = Rc::new(Numbers(self.values.numbers(&text, &mut self.budget)));
                *(if self.inside_y { &mut self.trace.y } else { &mut self.trace.x }) = numbers;
            }
            "parameter" => {
                let name = std::mem::take(&mut self.parameter);
                match &mut self.peak {
                    Some(peak) => keep(&mut peak.parameters, name, &text),
                    None if !KEPT.contains(&name.as_str()) => {}
                    None if self.inside_trace => keep(&mut self.trace.parameters, name, &text),
                    None => keep(&mut self.gaml.parameters, name, &text),
                }
            }
            "peak" => self.trace.peaks.extend(self.peak.take()),
            "Ydata" => {
                self.inside_y = false;
                self.gaml.traces.push(self.trace.clone());
                self.trace.peaks.clear();
            }
            "trace" => self.inside_trace = false,
            other => {
                if let Some(peak) = &mut self.peak {
                    keep(&mut peak.parameters, other.to_owned(), &text);
                }
            }
        }
    }
}

/// The first text of a name, unless it is empty.
fn keep(parameters: &mut Parameters, name: String, text: &str) {
    let text = text.trim();
    if !text.is_empty() && value(parameters, &name).is_none() {
        parameters.push((name, text.to_owned()));
    }
}
