//! Charges that the response's body decides about.

use proxy_filter::HostError;
use proxy_filter::http::ResponseBody;

use super::{DueCharge, DueCharges};
use crate::late::{Place, ResponseCost};

impl DueCharges {
    /// Reads a part of the response's body, and makes the charges when it ends.
    pub(crate) fn on_response_body(&mut self, body: &ResponseBody) -> Result<(), HostError> {
        if !body.is_empty() && self.charges.iter().any(DueCharge::reads) {
            let bytes = body.bytes()?;
            for due in &mut self.charges {
                if let Some((_, late)) = due.rule(&self.ruleset)
                    && let (Some(reader), Some(ResponseCost { place: Place::Json(json), .. })) =
                        (&mut due.reader, &late.cost)
                {
                    reader.read(json, &bytes);
                }
            }
        }
        if body.end_of_stream() {
            self.finish();
        }
        Ok(())
    }
}

impl DueCharge {
    fn reads(&self) -> bool {
        self.reader.as_ref().is_some_and(crate::body::Reader::wants_more)
    }
}
