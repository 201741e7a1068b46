//! The two rows of names: a group spans the columns until the next one.

use std::borrow::Cow;

/// A compound and the places of its columns.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Compound {
    pub name: String,
    pub time: Option<usize>,
    pub area: Option<usize>,
    pub height: Option<usize>,
    /// The final concentration, else the calculated one.
    pub amount: Option<usize>,
    pub unit: Option<usize>,
    /// Whether the peak was integrated by hand.
    pub by_hand: Option<usize>,
}

#[derive(Default)]
pub struct Columns {
    pub name: Option<usize>,
    pub file: Option<usize>,
    pub position: Option<usize>,
    pub kind: Option<usize>,
    pub acquired: Option<usize>,
    /// Columns of the sample that have no name: the signs of the batch table.
    nameless: Vec<usize>,
    pub compounds: Vec<Compound>,
}

impl Columns {
    pub fn read<'a>(groups: impl Iterator<Item = Cow<'a, str>>, names: impl Iterator<Item = Cow<'a, str>>) -> Self {
        let mut groups = groups.map(|cell| cell.trim().to_owned());
        let mut group = String::new();
        let mut columns = Self::default();
        // The method of a compound stands before its results.
        let mut unit_of_method: Option<(String, usize)> = None;
        for (at, name) in names.enumerate() {
            let next = groups.next().filter(|next| !next.is_empty());
            let begins = next.is_some();
            group = next.unwrap_or(group);
            let name = name.trim();
            if group == "Sample" {
                columns.of_sample(name, at);
            } else if group.starts_with("Qualifier (") {
                continue;
            } else if let Some(compound) = group.strip_suffix(" Method") {
                if matches!(name, "Conc. Units" | "Units") {
                    unit_of_method = Some((compound.to_owned(), at));
                }
            } else if let Some(compound) = group.strip_suffix(" Results") {
                if begins {
                    let unit = unit_of_method.take().filter(|(own, _)| own == compound).map(|(_, at)| at);
                    columns.compounds.push(Compound { name: compound.to_owned(), unit, ..Compound::default() });
                }
                if let Some(last) = columns.compounds.last_mut() {
                    last.of_results(name, at);
                }
            }
        }
        columns
    }

    fn of_sample(&mut self, name: &str, at: usize) {
        match name {
            "Name" => self.name = Some(at),
            "Data File" => self.file = Some(at),
            "Pos." | "Vial" => self.position = Some(at),
            "Type" => self.kind = Some(at),
            "Acq. Date-Time" => self.acquired = Some(at),
            "" => self.nameless.push(at),
            _ => {}
        }
    }

    pub fn names_no_sample(&self) -> bool {
        self.name.is_none() && self.file.is_none()
    }

    pub fn marks(&self, cells: &[Cow<'_, str>]) -> Vec<String> {
        let mut marks: Vec<String> =
            self.nameless.iter().filter_map(|at| cell(cells, Some(*at))).map(str::to_owned).collect();
        marks.dedup();
        marks
    }
}

impl Compound {
    fn of_results(&mut self, name: &str, at: usize) {
        let place = match name {
            "RT" => &mut self.time,
            "Area" | "Resp." | "Response" => &mut self.area,
            "Height" => &mut self.height,
            "Final Conc." | "Final Conc" => {
                self.amount = Some(at);
                return;
            }
            "Calc. Conc." | "Calc Conc" => &mut self.amount,
            "Units" | "Conc. Units" => &mut self.unit,
            "MI" => &mut self.by_hand,
            _ => return,
        };
        *place = place.or(Some(at));
    }
}

/// A cell that says something.
pub fn cell<'c>(cells: &'c [Cow<'_, str>], at: Option<usize>) -> Option<&'c str> {
    cells.get(at?).map(|cell| cell.trim()).filter(|cell| !cell.is_empty())
}
