//! Prometheus' text format (version 0.0.4): families of samples, each with its meaning.

use std::fmt::{Display, Write as _};

use sfu::core::Histogram;

/// The text of some metrics.
#[derive(Debug, Default)]
pub(super) struct Text(String);

impl Text {
    /// A number that only grows. Its name ends with `_total`.
    pub(super) fn counter<V: Display>(
        &mut self,
        name: &str,
        help: &str,
        samples: impl IntoIterator<Item = (String, V)>,
    ) {
        self.family(name, "counter", help);
        self.samples(name, samples);
    }

    /// A number as of now.
    pub(super) fn gauge<V: Display>(
        &mut self,
        name: &str,
        help: &str,
        samples: impl IntoIterator<Item = (String, V)>,
    ) {
        self.family(name, "gauge", help);
        self.samples(name, samples);
    }

    /// How often something was how much. The histograms' unit times `unit` is the metric's.
    pub(super) fn histogram(
        &mut self,
        name: &str,
        help: &str,
        unit: f64,
        samples: impl IntoIterator<Item = (String, Histogram)>,
    ) {
        self.family(name, "histogram", help);
        for (labels, histogram) in samples {
            let count = histogram.count();
            for (bound, below) in histogram.cumulative() {
                let bound = bound as f64 * unit;
                self.line(format_args!("{name}_bucket{{{labels},le=\"{bound}\"}} {below}"));
            }
            self.line(format_args!("{name}_bucket{{{labels},le=\"+Inf\"}} {count}"));
            let sum = histogram.sum() as f64 * unit;
            self.line(format_args!("{name}_sum{{{labels}}} {sum}"));
            self.line(format_args!("{name}_count{{{labels}}} {count}"));
        }
    }

    pub(super) fn into_string(self) -> String {
        self.0
    }

    fn family(&mut self, name: &str, kind: &str, help: &str) {
        self.line(format_args!("# HELP {name} {help}"));
        self.line(format_args!("# TYPE {name} {kind}"));
    }

    fn samples<V: Display>(&mut self, name: &str, samples: impl IntoIterator<Item = (String, V)>) {
        for (labels, value) in samples {
            self.line(format_args!("{name}{{{labels}}} {value}"));
        }
    }

    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        // Writing to a string does not fail.
        let _ = writeln!(self.0, "{line}");
    }
}
