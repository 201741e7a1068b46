//! Usual serial settings, put into a profile's text by a choice.

/// What instruments are usually set to: ISO/IEC balances and old meters at seven bits, the rest at eight.
pub const PRESETS: [&str; 12] = [
    "9600 8N1",
    "19200 8N1",
    "38400 8N1",
    "57600 8N1",
    "115200 8N1",
    "4800 8N1",
    "2400 8N1",
    "1200 8N1",
    "9600 7E1",
    "4800 7E1",
    "2400 7E1",
    "1200 7O1",
];

/// The text with `[serial]` as chosen: in place of the one it has, else behind `[link]`, else at the end. `None`: the
/// choice is none of ours.
pub fn with_preset(text: &str, preset: &str) -> Option<String> {
    let chosen = PRESETS.iter().find(|one| **one == preset)?;
    let (baud, frame) = chosen.split_once(' ')?;
    let mut frame = frame.chars();
    let (data, parity, stop) = (frame.next()?, frame.next()?, frame.next()?);
    let table = [
        "[serial]".to_owned(),
        format!("baud = {baud}"),
        format!("data_bits = {data}"),
        format!("parity = \"{parity}\""),
        format!("stop_bits = {stop}"),
    ];
    let lines: Vec<&str> = text.lines().collect();
    let begins = |name: &str| lines.iter().position(|line| line.trim() == name);
    let ends = |from: usize| {
        let next = lines.iter().skip(from + 1).position(|line| line.trim_start().starts_with('['));
        next.map_or(lines.len(), |next| from + 1 + next)
    };
    let (keep_to, go_on) = match (begins("[serial]"), begins("[link]")) {
        (Some(own), _) => (own, ends(own)),
        (None, Some(link)) => (ends(link), ends(link)),
        (None, None) => (lines.len(), lines.len()),
    };
    let before = lines.get(..keep_to)?.iter().map(|line| (*line).to_owned());
    let after = lines.get(go_on..)?.iter().map(|line| (*line).to_owned());
    let gap = |wanted: bool| wanted.then(String::new);
    let open = before.clone().next_back().is_some_and(|line| !line.trim().is_empty());
    let more = go_on < lines.len();
    let all: Vec<String> = before.chain(gap(open)).chain(table).chain(gap(more)).chain(after).collect();
    Some(all.join("\n") + "\n")
}

#[cfg(test)]
mod tests {
    use drivers::described::Described;

    use super::*;

    const TEXT: &str = "maker = \"A\"\n\n[link]\nkind = \"line\"\n\n[record]\nshape = \"delimited\"\nseparator = \",\"\n\n\
        [fields]\nsample = 1\nresult = 2\n";

    #[test]
    fn every_preset_is_what_a_profile_takes() {
        for preset in PRESETS {
            let text = with_preset(TEXT, preset).unwrap();
            let serial =
                drivers::Driver::Described(std::sync::Arc::new(Described::from_toml("profile:T", &text).unwrap()))
                    .serial();
            let shown = format!("{} {}{}{}", serial.baud, serial.data_bits, serial.parity, serial.stop_bits);
            assert_eq!(shown, preset);
        }
    }

    #[test]
    fn another_choice_replaces_the_first_and_touches_nothing_else() {
        let once = with_preset(TEXT, "9600 8N1").unwrap();
        let twice = with_preset(&once, "2400 7E1").unwrap();
        assert_eq!(twice.matches("[serial]").count(), 1);
        assert!(
            twice.contains("baud = 2400") && twice.ends_with("result = 2\n") && twice.starts_with("maker"),
            "{twice}"
        );
        assert_eq!(with_preset(&twice, "9600 8N1").unwrap(), once);
        assert_eq!(with_preset("maker = \"A\"", "1200 8N1").unwrap().lines().nth(2), Some("[serial]"));
        assert_eq!(with_preset(TEXT, "9600 9X3"), None);
    }
}
