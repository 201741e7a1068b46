//! People and their roles.

use std::collections::BTreeSet;

use askama::Template;
use askama_web::WebTemplate;
use rocket::{Route, State, get, post, routes};

use crate::lab::people::{Act, PersonId, Role, meets_oneself};
use crate::store::StoreError;
use crate::store::people::{NewPerson, Person};
use crate::web::Shared;
use crate::web::answer::{Answer, Done};
use crate::web::display::{Chip, Tone};
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
    marks: Vec<Chip>,
    /// Roles on both sides of a signature meet in this person.
    meets: bool,
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

/// What one should see of a person in the list.
fn marks(l: &Locale, person: &Person) -> Vec<Chip> {
    let disabled = person.disabled_at.map(|_| l.chip(Tone::Gone, "people-disabled"));
    let meets = meets_oneself(&person.actor.roles).then(|| l.chip(Tone::Warn, "people-meets"));
    disabled.into_iter().chain(meets).collect()
}

async fn people_page(shared: &Shared, staff: Staff, l: Locale, form: Form) -> Result<PeoplePage, Error> {
    let row = |person: Person| Row {
        id: person.actor.id.0,
        roles: person
            .actor
            .roles
            .iter()
            .map(|role| l.name("role", role))
            .collect::<Vec<_>>()
            .join(&l.t("public-comma")),
        marks: marks(&l, &person),
        meets: meets_oneself(&person.actor.roles),
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
            form.refuse("username", "error-field-taken");
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
            marks: marks(&l, &person),
            meets: meets_oneself(&person.actor.roles),
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
    let form = Form::new(&staff.csrf).with("name", &person.actor.name);
    let form = person.actor.roles.iter().fold(form, |form, role| form.with("role", role));
    Ok(person_page(staff, l, form, person))
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
    let name = if act == "rename" { form.required("name") } else { None };
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
    let kept = match act.as_str() {
        "roles" => shared.store.set_roles(who, now, id, wanted, why).await,
        "rename" => shared.store.rename_person(who, now, id, name.unwrap_or_default(), why).await,
        "disable" => shared.store.set_disabled(who, now, id, true, why).await,
        "enable" => shared.store.set_disabled(who, now, id, false, why).await,
        "password" => {
            let hash = shared.passwords.hash(&typed).await?;
            shared.store.set_password(who, now, id, hash, None).await
        }
        _ => return Err(Error::NotFound),
    };
    match kept {
        Err(StoreError::LastAdministrator) => {
            form.refuse("role", "error-last-administrator");
            return Ok(Answer::again(person_page(staff, l, form, person)));
        }
        kept => kept?,
    }
    let said = Message::new("person-changed").with("name", &person.actor.name);
    Ok(Done::to("/admin/people").saying(said).into())
}

pub fn group() -> Vec<Route> {
    routes![people, add, person, change]
}
