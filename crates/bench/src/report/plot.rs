//! `docs/cost.svg`: a bar for each row, grouped by job.

use crate::job::{Form, Job};
use crate::results::{Count, Measured, Results};

const WIDTH: f64 = 760.0;
const MARGIN: f64 = 24.0;
/// The width of the labels at the left.
const LABELS: f64 = 250.0;
/// The width that the numbers after the bars may take.
const NUMBERS: f64 = 56.0;
const BAR: f64 = 14.0;
/// The height of a bar with the space below it.
const LINE: f64 = 20.0;
/// The height of a job's title, with the space above it.
const HEADING: f64 = 34.0;
/// The height of the plot's title.
const TITLE: f64 = 44.0;

/// Both palettes have their own background, so that a page of any color can show the plot.
const STYLE: &str = "\
text { font: 13px system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif; fill: #1f2328 }
.back { fill: #ffffff; stroke: #d1d9e0 }
.title { font-size: 15px; font-weight: 600 }
.job { font-weight: 600 }
.axis { stroke: #d1d9e0 }
.native { fill: #8c959f }
.lua { fill: #bf8700 }
.plain { fill: #54aeff }
.ours { fill: #1a7f37 }
.specialized { fill: #4ac26b }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 }
.back { fill: #0d1117; stroke: #3d444d }
.axis { stroke: #3d444d }
.native { fill: #7d8590 }
.lua { fill: #d29922 }
.plain { fill: #388bfd }
.ours { fill: #3fb950 }
.specialized { fill: #7ee787 }
}
";

/// Draws the plot.
pub(super) fn svg(results: &Results) -> String {
    let bars = || results.instructions.iter().filter(|row| row.job != Job::Nothing);
    let most = bars().map(|row| row.cost.over_no_filter).fold(1.0, f64::max);
    let scale = (WIDTH - MARGIN - LABELS - NUMBERS - MARGIN) / most;
    let (mut y, mut drawn) = (MARGIN + TITLE, String::new());
    for job in Job::ALL {
        drawn += &format!("<text class=\"job\" x=\"{MARGIN}\" y=\"{:.0}\">{}</text>\n", y + 6.0, job.title());
        y += HEADING - LINE;
        for row in bars().filter(|row| row.job == job) {
            drawn += &bar(row, y, scale);
            y += LINE;
        }
        y += LINE;
    }
    let height = y - LINE + MARGIN;
    let title = format!("Instructions that a filter adds to a request in Envoy {}", results.envoy);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" \
         height=\"{height}\" role=\"img\">\n\
         <title>{title}</title>\n\
         <style>\n{STYLE}</style>\n\
         <rect class=\"back\" x=\"0.5\" y=\"0.5\" width=\"{}\" height=\"{}\" rx=\"6\"/>\n\
         <text class=\"title\" x=\"{MARGIN}\" y=\"{}\">{title}</text>\n\
         {drawn}\
         <line class=\"axis\" x1=\"{x}\" y1=\"{top}\" x2=\"{x}\" y2=\"{bottom}\"/>\n\
         </svg>\n",
        WIDTH - 1.0,
        height - 1.0,
        MARGIN + 12.0,
        x = MARGIN + LABELS,
        top = MARGIN + TITLE - LINE / 2.0,
        bottom = height - MARGIN,
    )
}

/// Draws a bar with its label at the left and its number at the right.
fn bar(row: &Measured<Count>, y: f64, scale: f64) -> String {
    let class = match row.form {
        Form::NoFilter | Form::Native => "native",
        Form::Lua => "lua",
        Form::Plain => "plain",
        Form::Ours => "ours",
        Form::Specialized => "specialized",
    };
    let label = match row.detail.as_str() {
        "" => row.form.title().to_owned(),
        detail => format!("{}: {detail}", row.form.title()),
    };
    let (start, length) = (MARGIN + LABELS, row.cost.over_no_filter * scale);
    let baseline = y + BAR - 3.0;
    format!(
        "<text x=\"{:.0}\" y=\"{baseline:.0}\" text-anchor=\"end\">{label}</text>\n\
         <rect class=\"{class}\" x=\"{start:.0}\" y=\"{y:.0}\" width=\"{length:.1}\" height=\"{BAR}\"/>\n\
         <text x=\"{:.1}\" y=\"{baseline:.0}\">{:.1}k</text>\n",
        start - 8.0,
        start + length + 6.0,
        row.cost.over_no_filter / 1e3,
    )
}
