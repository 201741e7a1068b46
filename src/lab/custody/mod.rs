//! Chain of custody: who holds each container, and where, from hand to hand.
//!
//! An event starts where the last one ended, or it is refused. ISO/IEC 17025:2017 7.4; domain rules: every container
//! (main, retained portion 备样, aliquot) has its own code, its own chain and its own seal.

use serde::{Deserialize, Serialize};

use crate::lab::words::names;

names! {
    ContainerKind {
        Main => "main",
        /// 备样: sealed, kept to the end of the objection time.
        Retained => "retained",
        Aliquot => "aliquot",
    }
}

names! {
    /// What happened to a container.
    Movement {
        /// Hand-over from the sampler to the laboratory.
        Receive => "receive",
        /// The laboratory does not take it.
        Refuse => "refuse",
        /// To another place, in the same hands.
        Move => "move",
        /// To another person.
        HandOver => "hand-over",
        /// Opened or divided; the seal is broken on purpose.
        Open => "open",
        Return => "return",
        Dispose => "dispose",
    }
}

names! {
    SealState {
        Intact => "intact",
        Broken => "broken",
        Unsealed => "unsealed",
    }
}

names! {
    Condition {
        Good => "good",
        Damaged => "damaged",
        Leaking => "leaking",
        Spoiled => "spoiled",
        Insufficient => "insufficient",
    }
}

/// Where a container is: in somebody's hands, at a place of the laboratory or none (on the way).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Whereabouts {
    pub person: String,
    pub place: Option<i64>,
}

/// The end of a container's chain so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Holding {
    /// Sampled and sealed, not yet handed over; held by the sampler.
    WithSampler {
        sampler: String,
    },
    Held {
        at: Whereabouts,
        n: i64,
    },
    /// Refused, returned or disposed: the chain has ended.
    Ended {
        by: Movement,
        n: i64,
    },
}

/// A movement someone wants to record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    pub kind: Movement,
    pub from: Whereabouts,
    pub to: Whereabouts,
    pub seal: SealState,
    pub condition: Condition,
    /// Degrees Celsius as read, e.g. `-18.0`.
    pub temperature: Option<String>,
    pub reason: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("the container is with {held}, not with {named}")]
    NotThere { held: String, named: String },
    #[error("the container is at another place than the movement starts from")]
    OtherPlace,
    #[error("the chain of this container ended with '{0}'")]
    Ended(Movement),
    #[error("'{0}' is not possible before the container was received")]
    NotReceived(Movement),
    #[error("the container was received already")]
    ReceivedAlready,
    #[error("a hand-over needs two different people")]
    SamePerson,
    #[error("'{0}' needs a reason")]
    NoReason(Movement),
    #[error("a container that is {0} is received only with a reason, or refused")]
    Doubtful(&'static str),
    #[error("expected a temperature in °C such as -18.0, found '{0}'")]
    Temperature(String),
    #[error("a name is missing")]
    NoName,
}

/// Checks one movement against the chain so far and says what the chain is afterwards.
pub fn apply(holding: &Holding, event: &Event) -> Result<Holding, Refusal> {
    let reason = event.reason.as_deref().is_some_and(|reason| !reason.trim().is_empty());
    if event.from.person.trim().is_empty() || event.to.person.trim().is_empty() {
        return Err(Refusal::NoName);
    }
    if let Some(text) = &event.temperature
        && text.parse::<rust_decimal::Decimal>().is_err()
    {
        return Err(Refusal::Temperature(text.clone()));
    }
    let n = match (holding, event.kind) {
        (Holding::Ended { by, .. }, _) => return Err(Refusal::Ended(*by)),
        (Holding::WithSampler { sampler }, Movement::Receive | Movement::Refuse) => {
            if *sampler != event.from.person {
                return Err(Refusal::NotThere { held: sampler.clone(), named: event.from.person.clone() });
            }
            1
        }
        (Holding::WithSampler { .. }, kind) => return Err(Refusal::NotReceived(kind)),
        (Holding::Held { .. }, Movement::Receive | Movement::Refuse) => return Err(Refusal::ReceivedAlready),
        (Holding::Held { at, n }, _) => {
            if at.person != event.from.person {
                return Err(Refusal::NotThere { held: at.person.clone(), named: event.from.person.clone() });
            }
            if at.place != event.from.place {
                return Err(Refusal::OtherPlace);
            }
            n + 1
        }
    };
    let two_people = matches!(event.kind, Movement::Receive | Movement::Refuse | Movement::HandOver);
    if two_people && event.from.person == event.to.person {
        return Err(Refusal::SamePerson);
    }
    let needs_reason = matches!(event.kind, Movement::Refuse | Movement::Open | Movement::Return | Movement::Dispose);
    if needs_reason && !reason {
        return Err(Refusal::NoReason(event.kind));
    }
    if event.kind == Movement::Receive && !reason {
        if event.condition != Condition::Good {
            return Err(Refusal::Doubtful(event.condition.name()));
        }
        if event.seal != SealState::Intact {
            return Err(Refusal::Doubtful(event.seal.name()));
        }
    }
    Ok(match event.kind {
        Movement::Refuse | Movement::Return | Movement::Dispose => Holding::Ended { by: event.kind, n },
        Movement::Receive | Movement::Move | Movement::HandOver | Movement::Open => {
            Holding::Held { at: event.to.clone(), n }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(person: &str, place: Option<i64>) -> Whereabouts {
        Whereabouts { person: person.to_owned(), place }
    }

    fn event(kind: Movement, from: Whereabouts, to: Whereabouts) -> Event {
        Event {
            kind,
            from,
            to,
            seal: SealState::Intact,
            condition: Condition::Good,
            temperature: Some("4.5".to_owned()),
            reason: None,
        }
    }

    fn sealed() -> Holding {
        Holding::WithSampler { sampler: "Tashi".to_owned() }
    }

    #[test]
    fn each_movement_starts_where_the_last_one_ended() {
        let received = apply(&sealed(), &event(Movement::Receive, at("Tashi", None), at("Li Na", Some(2)))).unwrap();
        assert_eq!(received, Holding::Held { at: at("Li Na", Some(2)), n: 1 });
        let moved = apply(&received, &event(Movement::Move, at("Li Na", Some(2)), at("Li Na", Some(5)))).unwrap();
        let jump = apply(&moved, &event(Movement::Move, at("Li Na", Some(2)), at("Li Na", Some(6))));
        assert_eq!(jump, Err(Refusal::OtherPlace));
        let stranger = apply(&moved, &event(Movement::HandOver, at("Wang", Some(5)), at("Zhao", Some(5))));
        assert!(matches!(stranger, Err(Refusal::NotThere { .. })));
    }

    #[test]
    fn a_hand_over_names_two_different_people() {
        let own = apply(&sealed(), &event(Movement::Receive, at("Tashi", None), at("Tashi", Some(2))));
        assert_eq!(own, Err(Refusal::SamePerson));
    }

    #[test]
    fn a_refusal_and_a_disposal_need_a_reason_and_end_the_chain() {
        let mut refusal = event(Movement::Refuse, at("Tashi", None), at("Li Na", None));
        assert_eq!(apply(&sealed(), &refusal), Err(Refusal::NoReason(Movement::Refuse)));
        refusal.reason = Some("thawed on the way".to_owned());
        let ended = apply(&sealed(), &refusal).unwrap();
        let after = apply(&ended, &event(Movement::Move, at("Li Na", None), at("Li Na", Some(1))));
        assert_eq!(after, Err(Refusal::Ended(Movement::Refuse)));
    }

    #[test]
    fn a_broken_seal_is_taken_only_with_a_reason() {
        let mut broken = event(Movement::Receive, at("Tashi", None), at("Li Na", Some(2)));
        broken.seal = SealState::Broken;
        assert_eq!(apply(&sealed(), &broken), Err(Refusal::Doubtful("broken")));
        broken.reason = Some("customer agreed by phone".to_owned());
        assert!(apply(&sealed(), &broken).is_ok());
    }

    #[test]
    fn a_temperature_is_a_number() {
        let mut warm = event(Movement::Receive, at("Tashi", None), at("Li Na", Some(2)));
        warm.temperature = Some("cold".to_owned());
        assert_eq!(apply(&sealed(), &warm), Err(Refusal::Temperature("cold".to_owned())));
    }
}
