use proptest::prelude::*;

use super::*;

const ANALYST: PersonId = PersonId(1);
const REVIEWER: PersonId = PersonId(2);
const APPROVER: PersonId = PersonId(3);

fn by(person: PersonId) -> Standing {
    Standing::person(person)
}

fn capture(value: &str) -> Step {
    Step::Capture { value: value.to_owned(), reading: 7, matched_by: None }
}

fn because(reason: &str) -> String {
    reason.to_owned()
}

/// Takes the steps in turn; panics with the refusal where one is refused.
fn after(steps: &[(Step, PersonId)]) -> Status {
    steps.iter().fold(Status::new(), |status, (step, person)| status.apply(step, by(*person)).unwrap().0)
}

#[test]
fn a_reading_is_submitted_reviewed_and_approved_by_three_people() {
    let status = after(&[
        (capture("0.021"), ANALYST),
        (Step::Submit, ANALYST),
        (Step::Review, REVIEWER),
        (Step::Approve, APPROVER),
    ]);
    let Status::Approved { entry, analyst, reviewer, approver } = status else { panic!("{status:?}") };
    assert_eq!((entry.value.as_str(), analyst, reviewer, approver), ("0.021", 1, 2, 3));
}

#[test]
fn nobody_reviews_or_approves_their_own_value() {
    let submitted = after(&[(capture("0.021"), ANALYST), (Step::Submit, ANALYST)]);
    assert_eq!(submitted.clone().apply(&Step::Review, by(ANALYST)), Err(Refusal::SamePerson(StepName::Review)));
    let reviewed = submitted.apply(&Step::Review, by(REVIEWER)).unwrap().0;
    for person in [ANALYST, REVIEWER] {
        assert_eq!(reviewed.clone().apply(&Step::Approve, by(person)), Err(Refusal::SamePerson(StepName::Approve)));
    }
}

#[test]
fn who_matched_a_held_reading_by_hand_does_not_review_it() {
    let matched = Step::Capture { value: because("0.5"), reading: 9, matched_by: Some(REVIEWER) };
    let submitted = after(&[(matched, REVIEWER), (Step::Submit, ANALYST)]);
    assert_eq!(submitted.apply(&Step::Review, by(REVIEWER)), Err(Refusal::SamePerson(StepName::Review)));
}

#[test]
fn a_typed_value_waits_for_a_second_person() {
    let entered = after(&[(Step::Enter { value: because("12.5") }, ANALYST)]);
    assert_eq!(entered.clone().apply(&Step::Confirm, by(ANALYST)), Err(Refusal::SamePerson(StepName::Confirm)));
    assert!(matches!(entered.clone().apply(&Step::Submit, by(ANALYST)), Err(Refusal::NotNow { .. })));
    assert_eq!(entered.apply(&Step::Confirm, by(REVIEWER)).unwrap().0.state(), State::Measured);
}

#[test]
fn a_rejected_control_holds_review_and_approval_but_not_the_bench() {
    let held = |person| Standing { by: Some(person), batch_held: true };
    let measured = Status::new().apply(&capture("1.0"), held(ANALYST)).unwrap().0;
    let submitted = measured.apply(&Step::Submit, held(ANALYST)).unwrap().0;
    assert_eq!(submitted.apply(&Step::Review, held(REVIEWER)), Err(Refusal::BatchHeld(StepName::Review)));
}

#[test]
fn a_retest_puts_the_value_aside_and_remembers_whose_hands_it_went_through() {
    let submitted = after(&[(capture("0.021"), ANALYST), (Step::Submit, ANALYST)]);
    let (status, taken) = submitted.apply(&Step::Retest { reason: because("blank high") }, by(REVIEWER)).unwrap();
    assert_eq!(taken.value.as_deref(), Some("0.021"));
    assert_eq!(status, Status::Ordered { hands: BTreeSet::from([1]) });
    let (status, _) = status.apply(&capture("0.019"), by(APPROVER)).unwrap();
    let (status, _) = status.apply(&Step::Submit, by(APPROVER)).unwrap();
    assert_eq!(status.apply(&Step::Review, by(ANALYST)), Err(Refusal::SamePerson(StepName::Review)));
}

#[test]
fn a_return_a_retest_and_a_cancellation_need_a_reason() {
    let submitted = after(&[(capture("0.021"), ANALYST), (Step::Submit, ANALYST)]);
    for step in [
        Step::Return { reason: because(" ") },
        Step::Retest { reason: String::new() },
        Step::Cancel { reason: String::new() },
    ] {
        assert_eq!(submitted.clone().apply(&step, by(REVIEWER)), Err(Refusal::NoReason(step.name())));
    }
}

fn any_step() -> impl Strategy<Value = Step> {
    let value = prop_oneof![Just(because("0.02")), Just(because("<0.01")), Just(because("not detected"))];
    let reason = prop_oneof![Just(because("again")), Just(String::new())];
    prop_oneof![
        (value.clone(), 1i64..9, proptest::option::of(1i64..5)).prop_map(|(value, reading, person)| Step::Capture {
            value,
            reading,
            matched_by: person.map(PersonId)
        }),
        value.prop_map(|value| Step::Enter { value }),
        Just(Step::Confirm),
        Just(Step::Submit),
        Just(Step::Review),
        Just(Step::Approve),
        reason.clone().prop_map(|reason| Step::Return { reason }),
        reason.clone().prop_map(|reason| Step::Retest { reason }),
        reason.prop_map(|reason| Step::Cancel { reason }),
    ]
}

proptest! {
    #[test]
    fn an_approver_never_had_a_hand_in_the_value(
        steps in proptest::collection::vec((any_step(), proptest::option::of(1i64..5), any::<bool>()), 0..60)
    ) {
        let mut status = Status::new();
        let mut hands = BTreeSet::new();
        for (step, person, batch_held) in steps {
            let standing = Standing { by: person.map(PersonId), batch_held };
            let Ok((next, taken)) = status.clone().apply(&step, standing) else { continue };
            prop_assert_eq!(taken.from, status.state());
            prop_assert_eq!(taken.to, next.state());
            match &step {
                Step::Capture { matched_by, .. } => hands.extend(matched_by.map(|id| id.0)),
                Step::Enter { .. } | Step::Confirm | Step::Submit => hands.extend(person),
                _ => {}
            }
            if let Status::Approved { analyst, reviewer, approver, .. } = &next {
                prop_assert!(!hands.contains(approver) && !hands.contains(reviewer));
                prop_assert!(analyst != reviewer && reviewer != approver && analyst != approver);
                prop_assert!(!batch_held);
            }
            status = next;
        }
    }
}
