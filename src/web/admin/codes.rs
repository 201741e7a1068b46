//! What an instrument has sent that its map does not know: each code with a form that maps it.

use crate::store::catalogue::Analyte;
use crate::store::setup::Unmapped;
use crate::web::Shared;
use crate::web::display::Stamp;
use crate::web::error::Error;
use crate::web::form::Form;
use crate::web::locale::Locale;

/// A code with its unit, how often it came, and the analyte it looks like.
pub struct Code {
    pub code: String,
    pub unit: String,
    pub count: i64,
    pub last: Stamp,
    /// Only what to choose first.
    pub form: Form,
}

pub async fn unmapped(shared: &Shared, l: &Locale, instrument: i64) -> Result<Vec<Code>, Error> {
    let sent = shared.store.unmapped_codes(instrument).await?;
    if sent.is_empty() {
        return Ok(Vec::new());
    }
    let analytes: Vec<Analyte> = shared.store.list().await?;
    let like = |code: &str| {
        let same = |text: &str| !text.is_empty() && text.eq_ignore_ascii_case(code.trim_matches('^').trim());
        analytes.iter().find(|one| same(&one.code) || same(&one.name) || same(&one.name_en)).map(|one| one.id)
    };
    let code = |one: Unmapped| Code {
        form: match like(&one.code) {
            Some(id) => Form::default().with("analyte_id", id),
            None => Form::default(),
        },
        last: l.ago(one.last),
        code: one.code,
        unit: one.unit,
        count: one.count,
    };
    Ok(sent.into_iter().map(code).collect())
}
