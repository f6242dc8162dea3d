//! Prometheus' text format, read as strictly as Prometheus does, and its naming conventions.

use std::collections::BTreeSet;

/// A family of samples.
#[derive(Debug, Default)]
pub(crate) struct Family {
    pub(crate) name: String,
    help: String,
    kind: String,
    samples: Vec<Sample>,
}

/// Name, labels and value.
type Sample = (String, Vec<(String, String)>, f64);

/// Reads an exposition.
pub(crate) fn parse(text: &str) -> Result<Vec<Family>, String> {
    let mut families: Vec<Family> = Vec::new();
    let mut seen = BTreeSet::new();
    for line in text.lines().filter(|line| !line.is_empty()) {
        let wrong = || format!("cannot be read: {line}");
        if let Some(help) = line.strip_prefix("# HELP ") {
            let (name, help) = help.split_once(' ').ok_or_else(wrong)?;
            let known = families.iter_mut().find(|family| family.name == name);
            match known {
                Some(family) if family.help.is_empty() => family.help = help.to_owned(),
                Some(_) => return Err(format!("explained twice: {name}")),
                None => families.push(Family {
                    name: name.to_owned(),
                    help: help.to_owned(),
                    ..Family::default()
                }),
            }
        } else if let Some(kind) = line.strip_prefix("# TYPE ") {
            let (name, kind) = kind.split_once(' ').ok_or_else(wrong)?;
            if families.last().is_none_or(|family| family.name != name) {
                families.push(Family { name: name.to_owned(), ..Family::default() });
            }
            families.last_mut().ok_or_else(wrong)?.kind = kind.to_owned();
        } else {
            let (series, value) = line.rsplit_once(' ').ok_or_else(wrong)?;
            if !seen.insert(series.to_owned()) {
                return Err(format!("said twice: {series}"));
            }
            let value: f64 = value.parse().map_err(|_| wrong())?;
            let (name, labels) = match series.split_once('{') {
                Some((name, labels)) => (name, labels.strip_suffix('}').ok_or_else(wrong)?),
                None => (series, ""),
            };
            let family = families.last_mut().filter(|family| name.starts_with(&family.name));
            let labels = read_labels(labels).ok_or_else(wrong)?;
            family.ok_or_else(wrong)?.samples.push((name.to_owned(), labels, value));
        }
    }
    Ok(families)
}

/// No label of ours has a comma or a quote in its value.
fn read_labels(text: &str) -> Option<Vec<(String, String)>> {
    let label = |label: &str| {
        let (name, value) = label.split_once('=')?;
        let value = value.strip_prefix('"')?.strip_suffix('"')?;
        Some((name.to_owned(), value.to_owned()))
    };
    text.split(',').filter(|label| !label.is_empty()).map(label).collect()
}

/// Endings of names that are no base units.
const NO_BASE_UNITS: [&str; 9] =
    ["ms", "milliseconds", "us", "microseconds", "minutes", "bits", "kb", "mbit", "percent"];
/// What may be in a label: never a person, a session or an address.
const LABELS: [&str; 4] = ["worker", "reason", "le", "quantile"];

impl Family {
    /// What Prometheus' conventions find wrong.
    pub(crate) fn problems(&self) -> Vec<String> {
        let Self { name, help, kind, samples } = self;
        let mut problems = Vec::new();
        let mut check = |good: bool, what: &str| {
            if !good {
                problems.push(format!("{name}: {what}"));
            }
        };
        let lower = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        check(name.chars().all(lower), "a name is in lower case");
        check(help.ends_with('.') && help.len() > 10, "is not explained");
        check(matches!(kind.as_str(), "counter" | "gauge" | "histogram" | "summary"), "of no type");
        check((kind == "counter") == name.ends_with("_total"), "counters end with _total");
        for word in ["counter", "gauge", "histogram", "bucket", "count", "sum"] {
            check(!name.ends_with(&format!("_{word}")), "the name ends with its type");
        }
        let words = name.trim_end_matches("_total").split('_');
        check(!words.clone().any(|word| NO_BASE_UNITS.contains(&word)), "not in base units");
        check(!samples.is_empty(), "has no samples");
        for (_, labels, _) in samples {
            let known = labels.iter().all(|(label, _)| LABELS.contains(&label.as_str()));
            check(known, "has a label of its own");
        }
        if kind == "histogram" {
            check(self.is_whole(), "buckets do not grow up to the count");
        }
        problems
    }

    /// Whether buckets never shrink, and end with the count.
    fn is_whole(&self) -> bool {
        let of = |suffix: &str| {
            let name = format!("{}{suffix}", self.name);
            let samples = self.samples.iter().filter(move |sample| sample.0 == name);
            samples.map(|sample| sample.2).collect::<Vec<f64>>()
        };
        let (buckets, counts) = (of("_bucket"), of("_count"));
        // One worker: one series of buckets.
        counts.len() == 1 && buckets.is_sorted() && buckets.last() == counts.last()
    }
}

#[test]
fn what_is_wrong_with_a_metric_is_found() {
    let problems = |text: &str| -> usize {
        parse(text).unwrap().iter().map(|family| family.problems().len()).sum()
    };
    let text = |name: &str, kind: &str| {
        format!("# HELP {name} It is explained.\n# TYPE {name} {kind}\n{name} 1\n")
    };
    assert_eq!(problems(&text("sfu_sends_total", "counter")), 0);
    assert_eq!(problems(&text("sfu_sends", "counter")), 1);
    assert_eq!(problems(&text("sfu_delay_ms", "gauge")), 1);
    assert_eq!(problems("# HELP a Too short\n# TYPE a gauge\na{person=\"1\"} 1\n"), 2);
    assert!(parse("# TYPE a gauge\na 1\na 1\n").is_err());
    assert!(parse("# TYPE a gauge\nb 1\n").is_err());
}
