//! The elements of a GAML file that matter, gathered in one pass.

use crate::contract::Fault;
use crate::format::arrays::{self, Order, Width};
use crate::format::xml::{Element, Node, walk};

/// Name and text of a `parameter`.
pub type Parameters = Vec<(String, String)>;

/// A parameter that says something.
pub fn value<'p>(parameters: &'p Parameters, name: &str) -> Option<&'p str> {
    let texts = parameters.iter().filter(|(own, _)| own == name).map(|(_, text)| text.trim());
    texts.into_iter().find(|text| !text.is_empty())
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
    pub x: Values,
    pub y_unit: String,
    pub y: Values,
    pub peaks: Vec<RawPeak>,
}

/// A `values` element, not yet decoded.
#[derive(Debug, Default, Clone)]
pub struct Values {
    format: String,
    order: String,
    text: String,
}

impl Values {
    pub fn numbers(&self) -> Result<Vec<f64>, &'static str> {
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
        let values = arrays::read(&self.text, false, width, order)?;
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
            "Xdata" => self.trace.x_unit = said("units"),
            "Ydata" => {
                self.trace.y_unit = said("units");
                self.inside_y = true;
            }
            "values" => {
                let values = Values { format: said("format"), order: said("byteorder"), text: String::new() };
                *(if self.inside_y { &mut self.trace.y } else { &mut self.trace.x }) = values;
            }
            "parameter" => self.parameter = said("name"),
            "peak" => self.peak = Some(RawPeak { number: said("number"), parameters: Vec::new() }),
            _ => {}
        }
    }

    fn end(&mut self, name: &str) {
        let text = std::mem::take(&mut self.text);
        match name {
            "collectdate" => self.trace.collected = Some(text),
            "values" if self.inside_y => self.trace.y.text = text,
            "values" => self.trace.x.text = text,
            "parameter" => {
                let pair = (std::mem::take(&mut self.parameter), text);
                match &mut self.peak {
                    Some(peak) => peak.parameters.push(pair),
                    None if self.inside_trace => self.trace.parameters.push(pair),
                    None => self.gaml.parameters.push(pair),
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
                    peak.parameters.push((other.to_owned(), text));
                }
            }
        }
    }
}
