//! What becomes of a reading of a control: a result on the chart of its material, or a reason why a person must look.
//!
//! A control is known by its code, by the place a material was put at, by the place an instrument keeps for its own
//! control, or because the instrument says so. Whatever is none of these is a sample's reading.

use crate::lab::analysis::matching::HeldFor;

/// What is known about a reading when one asks whether it is of a control.
#[derive(Debug, Clone, Copy, Default)]
pub struct Facts {
    /// It stands where the instrument measures the control of its own run.
    pub at_control_place: bool,
    /// The instrument calls it a control.
    pub called_control: bool,
    /// The instrument calls it a blank or a calibrator, or it has a name that our sequence tables give to one.
    pub of_the_run: bool,
    /// Its code is that of a sample of ours.
    pub names_sample: bool,
    pub has_code: bool,
    /// A person has put a sample at its position.
    pub sample_stands: bool,
    /// Its code or its position leads to a control material of ours.
    pub known: bool,
    /// The instrument's code is mapped to an analyte.
    pub mapped: bool,
    /// The code is mapped, but not with the unit that was sent; or the chart is in another unit.
    pub unit_differs: bool,
    /// The chart of the material for this analyte.
    pub material: Option<i64>,
    pub has_number: bool,
    pub unstable: bool,
    /// The value needs the run's own control, which is missing or not valid.
    pub control_missing: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    NotAControl,
    /// A result on this chart.
    Result(i64),
    /// A control that has no chart: the run's own, from which the values of its samples are computed, or an analyte of
    /// a material that the laboratory does not chart.
    Uncharted,
    Held(HeldFor),
}

/// Decides about a reading that may be of a control; the first obstacle in a fixed order is the reason a person sees.
pub fn decide(facts: &Facts) -> Decision {
    if !facts.known {
        return match (facts.at_control_place && !facts.has_code, facts.called_control) {
            // The instrument takes it for its control, the laboratory for a sample: one of them is wrong.
            (true, _) if facts.sample_stands => Decision::Held(HeldFor::UnknownControl),
            (true, _) => Decision::Uncharted,
            (false, true) => Decision::Held(HeldFor::UnknownControl),
            (false, false) if facts.of_the_run && facts.names_sample => Decision::Held(HeldFor::UnknownControl),
            (false, false) if facts.of_the_run => Decision::Uncharted,
            (false, false) => Decision::NotAControl,
        };
    }
    if facts.unit_differs {
        return Decision::Held(HeldFor::UnitDiffers);
    }
    if !facts.mapped {
        return Decision::Held(HeldFor::UnmappedAnalyte);
    }
    let Some(material) = facts.material else { return Decision::Uncharted };
    if facts.control_missing {
        return Decision::Held(HeldFor::NoControl);
    }
    if facts.unstable {
        return Decision::Held(HeldFor::Unstable);
    }
    if facts.has_number { Decision::Result(material) } else { Decision::Held(HeldFor::NoValue) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn charted() -> Facts {
        Facts { known: true, mapped: true, material: Some(3), has_number: true, ..Facts::default() }
    }

    #[test]
    fn a_charted_control_becomes_a_result_wherever_it_stands() {
        assert_eq!(decide(&charted()), Decision::Result(3));
        assert_eq!(decide(&Facts { at_control_place: true, ..charted() }), Decision::Result(3));
        assert_eq!(decide(&Facts { called_control: true, has_code: true, ..charted() }), Decision::Result(3));
    }

    #[test]
    fn a_control_that_gives_no_result_waits_with_its_reason() {
        let table = [
            (Facts { unit_differs: true, ..charted() }, HeldFor::UnitDiffers),
            (Facts { mapped: false, material: None, ..charted() }, HeldFor::UnmappedAnalyte),
            (Facts { control_missing: true, ..charted() }, HeldFor::NoControl),
            (Facts { unstable: true, ..charted() }, HeldFor::Unstable),
            (Facts { has_number: false, ..charted() }, HeldFor::NoValue),
            (Facts { called_control: true, has_code: true, mapped: true, ..Facts::default() }, HeldFor::UnknownControl),
            (Facts { at_control_place: true, sample_stands: true, ..Facts::default() }, HeldFor::UnknownControl),
        ];
        for (facts, why) in table {
            assert_eq!(decide(&facts), Decision::Held(why), "{facts:?}");
        }
    }

    #[test]
    fn blanks_and_calibrators_belong_to_the_run_unless_they_are_called_like_a_sample() {
        let blank = Facts { of_the_run: true, has_code: true, ..Facts::default() };
        assert_eq!(decide(&blank), Decision::Uncharted);
        let mistaken = Facts { names_sample: true, ..blank };
        assert_eq!(decide(&mistaken), Decision::Held(HeldFor::UnknownControl));
        assert_eq!(decide(&Facts { of_the_run: true, ..charted() }), Decision::Result(3));
    }

    #[test]
    fn the_runs_own_control_has_no_chart_and_a_sample_is_no_control() {
        assert_eq!(decide(&Facts { at_control_place: true, ..Facts::default() }), Decision::Uncharted);
        assert_eq!(decide(&Facts { material: None, ..charted() }), Decision::Uncharted);
        assert_eq!(decide(&Facts { has_code: true, mapped: true, ..Facts::default() }), Decision::NotAControl);
    }
}
