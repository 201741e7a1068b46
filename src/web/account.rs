//! One's own account: a new password.

use askama::Template;
use askama_web::WebTemplate;
use rocket::{Route, State, get, post, routes};

use super::answer::{Answer, Done};
use super::error::Error;
use super::form::Form;
use super::locale::Locale;
use super::posted::Posted;
use super::staff::Staff;
use super::{Shared, password};

#[derive(Template, WebTemplate)]
#[template(path = "account/password.html")]
struct PasswordPage {
    l: Locale,
    staff: Staff,
    form: Form,
}

#[get("/account/password")]
fn own(staff: Staff, l: Locale) -> PasswordPage {
    PasswordPage { form: Form::new(&staff.csrf), l, staff }
}

#[post("/account/password", data = "<posted>")]
async fn change_own(
    posted: Posted,
    staff: Staff,
    shared: &State<Shared>,
    l: Locale,
) -> Result<Answer<PasswordPage>, Error> {
    let mut form = posted.into_form();
    let new = form.value("new").to_owned();
    let again = form.value("again").to_owned();
    let own = shared.store.person(staff.actor.id).await?.ok_or(Error::NotFound)?;
    if let Some(objection) = password::objection(&new, &own.username) {
        form.refuse("new", objection);
    } else if new != again {
        form.refuse("again", "error-password-differs");
    }
    form.forget("new");
    form.forget("again");
    let signed = shared.sign(&staff, &mut form).await?;
    if !signed || !form.is_ok() {
        return Ok(Answer::again(PasswordPage { form, l, staff }));
    }
    let hash = shared.passwords.hash(&new).await?;
    shared.store.set_password(staff.who(), shared.clock.now(), staff.actor.id, hash, None).await?;
    Ok(Done::to("/login").saying("password-changed").into())
}

pub fn group() -> Vec<Route> {
    routes![own, change_own]
}
