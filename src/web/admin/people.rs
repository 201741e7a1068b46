//! People and their roles; everyone's own password.

use std::collections::BTreeSet;

use askama::Template;
use askama_web::WebTemplate;
use rocket::{Route, State, get, post, routes};

use crate::lab::people::{Act, PersonId, Role};
use crate::store::StoreError;
use crate::store::people::{NewPerson, Person};
use crate::web::Shared;
use crate::web::answer::{Answer, Done};
use crate::web::error::Error;
use crate::web::form::Form;
use crate::web::locale::{Locale, Message};
use crate::web::password;
use crate::web::posted::Posted;
use crate::web::staff::Staff;

/// A person in the list.
struct Row {
    id: i64,
    username: String,
    name: String,
    roles: String,
    disabled: bool,
}

#[derive(Template, WebTemplate)]
#[template(path = "admin/people.html")]
struct PeoplePage {
    l: Locale,
    staff: Staff,
    form: Form,
    people: Vec<Row>,
    roles: Vec<(String, String)>,
    acts: Vec<(String, Vec<bool>)>,
}

async fn people_page(shared: &Shared, staff: Staff, l: Locale, form: Form) -> Result<PeoplePage, Error> {
    let row = |person: Person| Row {
        id: person.actor.id.0,
        roles: person.actor.roles.iter().map(|role| l.name("role", role)).collect::<Vec<_>>().join("、"),
        name: person.actor.name,
        username: person.username,
        disabled: person.disabled_at.is_some(),
    };
    Ok(PeoplePage {
        people: shared.store.people().await?.into_iter().map(row).collect(),
        roles: Role::ALL.iter().map(|role| (role.to_string(), l.name("role", role))).collect(),
        acts: Act::ALL
            .iter()
            .map(|act| (l.name("act", act), Role::ALL.iter().map(|role| role.may(*act)).collect()))
            .collect(),
        form,
        l,
        staff,
    })
}

#[get("/admin/people")]
async fn people(staff: Staff, shared: &State<Shared>, l: Locale) -> Result<PeoplePage, Error> {
    let form = Form::new(&staff.csrf);
    people_page(shared, staff, l, form).await
}

fn roles(form: &mut Form) -> BTreeSet<Role> {
    let roles: BTreeSet<Role> = form.all("role").iter().filter_map(|word| word.parse().ok()).collect();
    if roles.is_empty() {
        form.refuse("role", "error-field-required");
    }
    roles
}

#[post("/admin/people", data = "<posted>")]
async fn add(posted: Posted, staff: Staff, shared: &State<Shared>, l: Locale) -> Result<Answer<PeoplePage>, Error> {
    let mut form = posted.into_form();
    let (username, name) = (form.required("username"), form.required("name"));
    if username.as_deref().is_some_and(|username| !crate::web::setup::is_username(username)) {
        form.refuse("username", "error-username");
    }
    let roles = roles(&mut form);
    let typed = form.value("password").to_owned();
    if let Some(objection) = password::objection(&typed, username.as_deref().unwrap_or_default()) {
        form.refuse("password", objection);
    }
    form.forget("password");
    let (Some(username), Some(name), true) = (username, name, form.is_ok()) else {
        return Ok(Answer::again(people_page(shared, staff, l, form).await?));
    };
    let password_hash = shared.passwords.hash(&typed).await?;
    let said = Message::new("person-added").with("name", &name);
    let new = NewPerson { username, name, password_hash, roles };
    match shared.store.add_person(staff.who(), shared.clock.now(), new).await {
        Ok(_) => Ok(Done::to("/admin/people").saying(said).into()),
        Err(StoreError::Conflict { .. }) => {
            form.refuse("username", "error-taken");
            Ok(Answer::again(people_page(shared, staff, l, form).await?))
        }
        Err(error) => Err(error.into()),
    }
}

#[derive(Template, WebTemplate)]
#[template(path = "admin/person.html")]
struct PersonPage {
    l: Locale,
    staff: Staff,
    form: Form,
    person: Row,
    roles: Vec<(String, String)>,
}

async fn found(shared: &Shared, id: i64) -> Result<Person, Error> {
    shared.store.person(PersonId(id)).await?.ok_or(Error::NotFound)
}

fn person_page(staff: Staff, l: Locale, form: Form, person: Person) -> PersonPage {
    PersonPage {
        roles: Role::ALL.iter().map(|role| (role.to_string(), l.name("role", role))).collect(),
        person: Row {
            id: person.actor.id.0,
            roles: String::new(),
            name: person.actor.name,
            username: person.username,
            disabled: person.disabled_at.is_some(),
        },
        form,
        l,
        staff,
    }
}

#[get("/admin/people/<id>")]
async fn person(id: i64, staff: Staff, shared: &State<Shared>, l: Locale) -> Result<PersonPage, Error> {
    let person = found(shared, id).await?;
    let form = person.actor.roles.iter().fold(Form::new(&staff.csrf), |form, role| form.with("role", role));
    Ok(person_page(staff, l, form, person))
}

/// Whether somebody else still administers: the last one keeps the keys.
async fn another_administrator(shared: &Shared, id: i64) -> Result<bool, Error> {
    let others = shared.store.people().await?;
    Ok(others
        .iter()
        .any(|one| one.actor.id.0 != id && one.disabled_at.is_none() && one.actor.roles.contains(&Role::Administrator)))
}

#[post("/admin/people/<id>", data = "<posted>")]
async fn change(
    id: i64,
    posted: Posted,
    staff: Staff,
    shared: &State<Shared>,
    l: Locale,
) -> Result<Answer<PersonPage>, Error> {
    let person = found(shared, id).await?;
    let mut form = posted.into_form();
    let why = form.required("why");
    let act = form.value("act").to_owned();
    let is_administrator = person.actor.roles.contains(&Role::Administrator);
    let takes_keys = match act.as_str() {
        "roles" => !form.is("role", Role::Administrator.name()),
        "disable" => true,
        _ => false,
    };
    if is_administrator && takes_keys && !another_administrator(shared, id).await? {
        form.refuse("act", "error-last-administrator");
    }
    let wanted = if act == "roles" { roles(&mut form) } else { BTreeSet::new() };
    let typed = form.value("password").to_owned();
    if act == "password"
        && let Some(objection) = password::objection(&typed, &person.username)
    {
        form.refuse("password", objection);
    }
    form.forget("password");
    let (Some(why), true) = (why, form.is_ok()) else {
        return Ok(Answer::again(person_page(staff, l, form, person)));
    };
    let (who, now, id) = (staff.who(), shared.clock.now(), person.actor.id);
    match act.as_str() {
        "roles" => shared.store.set_roles(who, now, id, wanted, why).await?,
        "disable" => shared.store.set_disabled(who, now, id, true, why).await?,
        "enable" => shared.store.set_disabled(who, now, id, false, why).await?,
        "password" => {
            let hash = shared.passwords.hash(&typed).await?;
            shared.store.set_password(who, now, id, hash, None).await?;
        }
        _ => return Err(Error::NotFound),
    }
    let said = Message::new("person-changed").with("name", &person.actor.name);
    Ok(Done::to("/admin/people").saying(said).into())
}

#[derive(Template, WebTemplate)]
#[template(path = "admin/password.html")]
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
    if let Some(objection) = password::objection(&new, &staff.actor.name) {
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
    routes![people, add, person, change, own, change_own]
}
