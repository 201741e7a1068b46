//! What becomes of an order on its way to an instrument: it waits, is sent, or is shown to a person as undelivered.

use drivers::Said;
use jiff::{SignedDuration, Timestamp};

use crate::lab::words::names;

names! {
    /// Why an order goes to an instrument.
    Kind {
        /// The instrument asked what is ordered on a sample.
        Answer => "answer",
        /// It was sent as it was ordered.
        Push => "push",
    }
}

names! {
    State {
        Waiting => "waiting",
        Sent => "sent",
        /// The instrument did not take it: a person sees to it.
        Undelivered => "undelivered",
        /// Taken back before it was sent.
        Withdrawn => "withdrawn",
        /// An answer that nobody waits for any more.
        Expired => "expired",
    }
}

names! {
    /// When an instrument is told what is ordered.
    When {
        Pushed => "pushed",
        Never => "never",
    }
}

/// So often a whole message is begun: as often as a frame of it (LIS01-A2 6.5.1.2).
pub const ATTEMPTS: i64 = 6;

/// An instrument waits for its answer for seconds, at most a minute or two; later it would take it for something else.
const ANSWER_GOOD_FOR: SignedDuration = SignedDuration::from_mins(2);

/// An order on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dispatch {
    pub kind: Kind,
    pub state: State,
    /// How often the instrument began to listen to it.
    pub attempts: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step<'a> {
    /// The line told what became of it.
    Told(&'a Said),
    /// Looked at before it is sent: it was asked for, or ordered, at this time.
    Look {
        since: Timestamp,
        now: Timestamp,
    },
    Withdraw,
    /// A person has seen to the instrument.
    Again,
}

/// The order is not where this step could be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an order that is {0} cannot be changed so")]
pub struct NotNow(pub State);

impl Dispatch {
    pub const fn new(kind: Kind) -> Self {
        Self { kind, state: State::Waiting, attempts: 0 }
    }

    /// The only way in which its state changes.
    ///
    /// # Errors
    /// The step does not fit the state; nothing changes.
    pub fn apply(self, step: Step<'_>) -> Result<Self, NotNow> {
        let (state, attempts) = match (self.state, step) {
            (State::Waiting, Step::Look { since, now }) => {
                let stale = self.kind == Kind::Answer && now.duration_since(since) > ANSWER_GOOD_FOR;
                (if stale { State::Expired } else { State::Waiting }, self.attempts)
            }
            (State::Waiting, Step::Told(Said::Taken)) => (State::Sent, self.attempts + 1),
            (State::Waiting, Step::Told(Said::Refused(_))) => (self.given_up(), self.attempts + 1),
            (State::Waiting, Step::Told(Said::Unanswered)) => {
                let attempts = self.attempts + 1;
                (if attempts < ATTEMPTS { State::Waiting } else { self.given_up() }, attempts)
            }
            // An instrument that is switched off gets its orders in the morning.
            (State::Waiting, Step::Told(Said::Absent)) => (State::Waiting, self.attempts),
            // It was taken back while it was being said: the instrument has it all the same.
            (State::Withdrawn, Step::Told(Said::Taken)) => (State::Sent, self.attempts + 1),
            (State::Waiting | State::Undelivered, Step::Withdraw) => (State::Withdrawn, self.attempts),
            (State::Undelivered, Step::Again) => (State::Waiting, 0),
            (state, _) => return Err(NotNow(state)),
        };
        Ok(Self { state, attempts, ..self })
    }

    /// Nobody can send an answer again: the instrument asks again.
    fn given_up(self) -> State {
        match self.kind {
            Kind::Answer => State::Expired,
            Kind::Push => State::Undelivered,
        }
    }

    /// Whether the instrument has it, or may have it.
    pub fn may_have_arrived(self) -> bool {
        self.state == State::Sent || self.attempts > 0
    }
}

/// The tests of an answer: of what is open, what was asked for. Nothing named, or `ALL`, asks for everything.
pub fn asked_for(open: Vec<String>, asked: &[String]) -> Vec<String> {
    let all = asked.is_empty() || asked.iter().any(|test| test.eq_ignore_ascii_case("ALL"));
    open.into_iter().filter(|code| all || asked.iter().any(|test| test.trim() == code)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(kind: Kind, steps: &[Step<'_>]) -> Dispatch {
        steps.iter().fold(Dispatch::new(kind), |now, step| now.apply(*step).unwrap())
    }

    fn at(minute: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minute)
    }

    #[test]
    fn an_order_that_was_not_answered_six_times_is_shown_as_undelivered() {
        let unanswered = [Step::Told(&Said::Unanswered); 6];
        assert_eq!(after(Kind::Push, &unanswered[..5]).state, State::Waiting);
        let given_up = after(Kind::Push, &unanswered);
        assert_eq!((given_up.state, given_up.attempts), (State::Undelivered, 6));
        assert_eq!(given_up.apply(Step::Again), Ok(Dispatch::new(Kind::Push)), "a person may have it sent again");
    }

    #[test]
    fn an_instrument_that_is_off_uses_up_no_attempt() {
        let off = [Step::Told(&Said::Absent); 50];
        assert_eq!(after(Kind::Push, &off), Dispatch::new(Kind::Push));
        assert_eq!(after(Kind::Push, &[off[0], Step::Told(&Said::Taken)]).state, State::Sent);
    }

    #[test]
    fn a_refusal_is_shown_at_once() {
        let refused = Said::Refused("NAK 1".to_owned());
        assert_eq!(after(Kind::Push, &[Step::Told(&refused)]).state, State::Undelivered);
    }

    #[test]
    fn a_late_answer_is_not_given_and_a_late_order_is() {
        let late = Step::Look { since: at(0), now: at(3) };
        assert_eq!(after(Kind::Answer, &[late]).state, State::Expired);
        assert_eq!(after(Kind::Answer, &[Step::Look { since: at(0), now: at(1) }]).state, State::Waiting);
        assert_eq!(after(Kind::Push, &[late]).state, State::Waiting);
    }

    #[test]
    fn what_was_taken_back_too_late_is_known_as_sent() {
        assert_eq!(after(Kind::Push, &[Step::Withdraw, Step::Told(&Said::Taken)]).state, State::Sent);
    }

    #[test]
    fn an_answer_that_was_not_taken_waits_for_no_person() {
        let refused = Said::Refused(String::new());
        assert_eq!(after(Kind::Answer, &[Step::Told(&refused)]).state, State::Expired);
    }

    #[test]
    fn what_is_sent_or_ended_does_not_change() {
        let ended = [
            after(Kind::Push, &[Step::Told(&Said::Taken)]),
            after(Kind::Answer, &[Step::Look { since: at(0), now: at(9) }]),
        ];
        let steps = [Step::Told(&Said::Taken), Step::Look { since: at(0), now: at(9) }, Step::Withdraw, Step::Again];
        for one in ended {
            for step in steps {
                assert_eq!(one.apply(step), Err(NotNow(one.state)), "{one:?} {step:?}");
            }
        }
    }

    #[test]
    fn a_query_for_some_tests_is_answered_with_those() {
        let open = || vec!["AFM1".to_owned(), "CAP".to_owned()];
        let asked =
            |tests: &[&str]| asked_for(open(), &tests.iter().map(|test| (*test).to_owned()).collect::<Vec<_>>());
        assert_eq!(asked(&[]), open());
        assert_eq!(asked(&["ALL"]), open());
        assert_eq!(asked(&["CAP", "XYZ"]), ["CAP"]);
        assert!(asked(&["XYZ"]).is_empty());
    }
}
