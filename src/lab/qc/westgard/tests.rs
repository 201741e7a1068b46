use super::*;

/// A series without batches.
fn series(z: &[&str]) -> Vec<Point> {
    z.iter().map(|z| Point { z: z.parse().unwrap(), batch: None }).collect()
}

/// The rules that reject or warn at the last point.
fn at_last(rules: &Rules, points: &[Point]) -> Vec<Rule> {
    rules.check_at(points, points.len() - 1).iter().map(|violation| violation.rule).collect()
}

#[test]
fn each_rule_fires_on_its_pattern_on_both_sides() {
    let ten = ["0.1"; 10];
    for (z, rules) in [
        (vec!["0"], vec![]),
        (vec!["1.9"], vec![]),
        (vec!["2.1"], vec![Rule::OneTwoS]),
        (vec!["3.1"], vec![Rule::OneTwoS, Rule::OneThreeS]),
        (vec!["2.4", "2.2"], vec![Rule::OneTwoS, Rule::TwoTwoS]),
        (vec!["2.4", "-2.2"], vec![Rule::OneTwoS]),
        (vec!["1.2", "1.4", "1.6", "1.2"], vec![Rule::FourOneS]),
        (vec!["1.2", "-1.2", "1.4", "1.2"], vec![]),
        (ten.to_vec(), vec![Rule::TenX]),
        (ten[..9].to_vec(), vec![]),
        ([&ten[..9], &["0"]].concat(), vec![]),
        ([&["0"], &ten[..9]].concat(), vec![]),
    ] {
        let points = series(&z);
        assert_eq!(at_last(&Rules::default(), &points), rules, "{z:?}");
        let mirrored: Vec<Point> = points.iter().map(|point| Point { z: -point.z, ..*point }).collect();
        assert_eq!(at_last(&Rules::default(), &mirrored), rules, "−{z:?}");
    }
}

#[test]
fn a_result_on_the_line_is_inside_unless_the_laboratory_says_otherwise() {
    let reaches = Rules { boundary: Boundary::Reaches, ..Rules::default() };
    for (z, rule) in [
        (vec!["2"], Rule::OneTwoS),
        (vec!["3.0"], Rule::OneThreeS),
        (vec!["2.0", "2.0"], Rule::TwoTwoS),
        (vec!["1", "1", "1", "1"], Rule::FourOneS),
    ] {
        assert!(!at_last(&Rules::default(), &series(&z)).contains(&rule), "{z:?}");
        assert!(at_last(&reaches, &series(&z)).contains(&rule), "{z:?}");
    }
}

#[test]
fn a_range_is_judged_within_one_batch() {
    let in_batches = |batches: [Option<i64>; 2]| {
        let z = ["2.4", "-2.4"];
        z.iter().zip(batches).map(|(z, batch)| Point { z: z.parse().unwrap(), batch }).collect::<Vec<_>>()
    };
    let fires = |rules: &Rules, points: &[Point]| at_last(rules, points).contains(&Rule::RFourS);
    let default = Rules::default();
    assert!(fires(&default, &in_batches([Some(1), Some(1)])));
    assert!(!fires(&default, &in_batches([Some(1), Some(2)])));
    assert!(!fires(&default, &in_batches([None, None])));
    let consecutive = Rules { range: Range::Consecutive, ..default };
    assert!(fires(&consecutive, &in_batches([Some(1), Some(2)])));
}

#[test]
fn a_violation_names_the_results_that_make_it() {
    let violations = Rules::default().check(&series(&["0", "2.5", "2.1", "0.3"]));
    let found: Vec<_> = violations.iter().map(|one| (one.rule, one.at, one.points.clone())).collect();
    assert_eq!(found, [(Rule::OneTwoS, 1, vec![1]), (Rule::OneTwoS, 2, vec![2]), (Rule::TwoTwoS, 2, vec![1, 2])]);
}

#[test]
fn a_warning_alone_holds_nothing() {
    let rules = Rules::default();
    for (z, wanted) in [("1.0", Outcome::Accepted), ("-2.5", Outcome::Warning), ("3.5", Outcome::Rejected)] {
        assert_eq!(outcome(&rules.check(&series(&[z]))), wanted, "{z}");
    }
}

#[test]
fn nothing_measured_violates_nothing() {
    assert_eq!(Rules::default().check(&[]), []);
    assert_eq!(Rules::default().check_at(&[], 3), []);
}
