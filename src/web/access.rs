//! Who may go where: one table from address to act. A route without a row is refused, so nothing is open by oversight.

use rocket::fairing::{self, Fairing, Info, Kind};
use rocket::http::Method;
use rocket::{Build, Rocket, Route};

use crate::lab::people::{Act, Actor};

/// What an address asks of the one who knocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    /// Nobody needs to sign in.
    Open,
    /// Any signed-in person.
    SignedIn,
    /// A signed-in person with a role that may do this.
    For(Act),
    /// A bench agent with its token; no person.
    Agent,
}

impl Door {
    pub fn admits(self, actor: &Actor) -> bool {
        match self {
            Self::Open | Self::SignedIn => true,
            Self::For(act) => actor.may(act),
            Self::Agent => false,
        }
    }
}

type Row = (Method, &'static str, Door);

/// The table: method, address as the route writes it, door. One line a route, by group of pages.
const TABLE: &[Row] = &[
    // assets, health, language, signing in
    (Method::Get, "/static/<hash>/<name>", Door::Open),
    (Method::Get, "/favicon.ico", Door::Open),
    (Method::Get, "/refused", Door::Open),
    (Method::Get, "/healthz", Door::Open),
    (Method::Get, "/readyz", Door::Open),
    (Method::Get, "/language/<lang>", Door::Open),
    (Method::Get, "/login", Door::Open),
    (Method::Post, "/login", Door::Open),
    (Method::Post, "/logout", Door::SignedIn),
    (Method::Get, "/setup/<token>", Door::Open),
    (Method::Post, "/setup/<token>", Door::Open),
    // today
    (Method::Get, "/", Door::SignedIn),
    // samples and custody
    (Method::Get, "/bench/samples", Door::For(Act::ViewLaboratory)),
    (Method::Get, "/bench/samples/<code>", Door::For(Act::ViewLaboratory)),
    (Method::Get, "/bench/open", Door::For(Act::ViewLaboratory)),
    (Method::Get, "/t/<code>", Door::For(Act::ViewLaboratory)),
    (Method::Get, "/bench/plans", Door::For(Act::ViewLaboratory)),
    (Method::Get, "/bench/samples/new", Door::For(Act::RegisterSample)),
    (Method::Post, "/bench/samples/new", Door::For(Act::RegisterSample)),
    (Method::Get, "/bench/samples/<code>/receive", Door::For(Act::ReceiveSample)),
    (Method::Post, "/bench/samples/<code>/receive", Door::For(Act::ReceiveSample)),
    (Method::Get, "/bench/samples/<code>/label", Door::For(Act::ViewLaboratory)),
    (Method::Get, "/bench/samples/<code>/label.zpl", Door::For(Act::ViewLaboratory)),
    (Method::Get, "/bench/containers/<code>", Door::For(Act::ViewLaboratory)),
    (Method::Post, "/bench/containers/<code>", Door::For(Act::MoveContainer)),
    // bench and held readings
    (Method::Get, "/bench", Door::For(Act::ViewLaboratory)),
    (Method::Post, "/bench/submit", Door::For(Act::SubmitValue)),
    (Method::Get, "/bench/samples/<code>/order", Door::For(Act::OrderAnalysis)),
    (Method::Post, "/bench/samples/<code>/order", Door::For(Act::OrderAnalysis)),
    (Method::Post, "/bench/samples/<code>/order/undo/<at>", Door::For(Act::OrderAnalysis)),
    (Method::Get, "/bench/analyses/<id>", Door::For(Act::ViewLaboratory)),
    (Method::Post, "/bench/analyses/<id>", Door::For(Act::SubmitValue)),
    // instruments, lines, transmissions
    (Method::Get, "/bench/lines", Door::For(Act::ViewLaboratory)),
    (Method::Get, "/bench/lines/live", Door::For(Act::ViewLaboratory)),
    (Method::Get, "/bench/lines/<code>", Door::For(Act::ViewLaboratory)),
    (Method::Post, "/bench/lines/<code>/restart", Door::For(Act::WorkAtBench)),
    (Method::Post, "/bench/lines/<code>/orders/<id>", Door::For(Act::WorkAtBench)),
    (Method::Get, "/bench/lines/<code>/places", Door::For(Act::WorkAtBench)),
    (Method::Post, "/bench/lines/<code>/places", Door::For(Act::WorkAtBench)),
    (Method::Get, "/bench/transmissions/<id>", Door::For(Act::ViewLaboratory)),
    (Method::Get, "/bench/transmissions/<id>/raw", Door::For(Act::ViewLaboratory)),
    (Method::Get, "/bench/transmissions/<id>/again", Door::For(Act::ViewLaboratory)),
    (Method::Get, "/bench/chromatograms/<id>", Door::For(Act::ViewLaboratory)),
    (Method::Get, "/bench/inbox", Door::For(Act::ViewLaboratory)),
    (Method::Post, "/bench/inbox", Door::For(Act::ResolveReading)),
    (Method::Get, "/bench/readings/<id>", Door::For(Act::ViewLaboratory)),
    (Method::Post, "/bench/readings/<id>", Door::For(Act::ResolveReading)),
    (Method::Get, "/bench/scan", Door::For(Act::WorkAtBench)),
    (Method::Post, "/bench/scan", Door::For(Act::WorkAtBench)),
    // review and approval
    (Method::Get, "/review", Door::For(Act::ViewLaboratory)),
    (Method::Get, "/review/samples/<code>", Door::For(Act::ViewLaboratory)),
    (Method::Post, "/review/samples/<code>", Door::For(Act::ViewLaboratory)),
    (Method::Get, "/review/samples/<code>/sheet", Door::For(Act::ViewLaboratory)),
    // control
    (Method::Get, "/qc", Door::For(Act::ViewLaboratory)),
    (Method::Get, "/qc/batches", Door::For(Act::ViewLaboratory)),
    (Method::Get, "/qc/batches/<id>", Door::For(Act::ViewLaboratory)),
    (Method::Post, "/qc/batches/<id>", Door::For(Act::RecordControl)),
    (Method::Get, "/qc/batches/<id>/sequence", Door::For(Act::ViewLaboratory)),
    (Method::Get, "/qc/batches/<id>/sequence/table", Door::For(Act::ViewLaboratory)),
    (Method::Get, "/qc/materials/<id>", Door::For(Act::ViewLaboratory)),
    (Method::Post, "/qc/materials/<id>", Door::For(Act::RecordControl)),
    (Method::Get, "/qc/results/<id>", Door::For(Act::ViewLaboratory)),
    (Method::Post, "/qc/results/<id>", Door::For(Act::ResolveControl)),
    // publications
    (Method::Get, "/review/publications", Door::For(Act::ViewLaboratory)),
    (Method::Get, "/review/publications/new/<code>", Door::For(Act::Publish)),
    (Method::Post, "/review/publications/new/<code>", Door::For(Act::Publish)),
    (Method::Get, "/review/publications/<id>", Door::For(Act::ViewLaboratory)),
    (Method::Post, "/review/publications/<id>", Door::For(Act::Publish)),
    // set-up of the laboratory
    (Method::Get, "/admin", Door::For(Act::SetUpLaboratory)),
    (Method::Get, "/admin/<list>", Door::For(Act::SetUpLaboratory)),
    (Method::Get, "/admin/<list>/new", Door::For(Act::SetUpLaboratory)),
    (Method::Post, "/admin/<list>/new", Door::For(Act::SetUpLaboratory)),
    (Method::Get, "/admin/<list>/<id>", Door::For(Act::SetUpLaboratory)),
    (Method::Post, "/admin/<list>/<id>", Door::For(Act::SetUpLaboratory)),
    (Method::Get, "/admin/people", Door::For(Act::ManagePeople)),
    (Method::Post, "/admin/people", Door::For(Act::ManagePeople)),
    (Method::Get, "/admin/people/<id>", Door::For(Act::ManagePeople)),
    (Method::Post, "/admin/people/<id>", Door::For(Act::ManagePeople)),
    (Method::Get, "/admin/profiles", Door::For(Act::SetUpLaboratory)),
    (Method::Get, "/admin/profiles/new", Door::For(Act::SetUpLaboratory)),
    (Method::Post, "/admin/profiles/new", Door::For(Act::SetUpLaboratory)),
    (Method::Get, "/admin/profiles/<code>", Door::For(Act::SetUpLaboratory)),
    (Method::Post, "/admin/profiles/<code>", Door::For(Act::SetUpLaboratory)),
    (Method::Get, "/admin/agents", Door::For(Act::SetUpLaboratory)),
    (Method::Post, "/admin/agents", Door::For(Act::SetUpLaboratory)),
    (Method::Get, "/admin/agents/<id>", Door::For(Act::SetUpLaboratory)),
    (Method::Post, "/admin/agents/<id>", Door::For(Act::SetUpLaboratory)),
    // bench agents
    (Method::Post, "/api/agent/beat", Door::Agent),
    (Method::Post, "/api/agent/deliver", Door::Agent),
    (Method::Post, "/api/agent/has", Door::Agent),
    (Method::Post, "/api/agent/say", Door::Agent),
    (Method::Get, "/account/password", Door::SignedIn),
    (Method::Post, "/account/password", Door::SignedIn),
];

/// The door of an address as a route writes it; `None` means nobody thought of it.
pub fn door(method: Method, path: &str) -> Option<Door> {
    TABLE.iter().find(|(m, p, _)| *m == method && *p == path).map(|(.., door)| *door)
}

pub fn door_of(route: &Route) -> Option<Door> {
    door(route.method, route.uri.path())
}

/// Keeps a laboratory with a forgotten route from starting at all.
pub struct EveryRouteHasARow;

#[rocket::async_trait]
impl Fairing for EveryRouteHasARow {
    fn info(&self) -> Info {
        Info { name: "every route has a row in the access table", kind: Kind::Ignite }
    }

    async fn on_ignite(&self, rocket: Rocket<Build>) -> fairing::Result {
        let forgotten: Vec<String> =
            rocket.routes().filter(|route| door_of(route).is_none()).map(ToString::to_string).collect();
        if forgotten.is_empty() {
            return Ok(rocket);
        }
        tracing::error!(?forgotten, "routes without a row in the access table");
        Err(rocket)
    }
}

#[cfg(test)]
mod tests {
    use rocket::http::{ContentType, Status};

    use super::*;
    use crate::lab::people::Role;
    use crate::web::trial::Trial;

    /// An address that the route answers, with something in each of its blanks.
    fn address(route: &Route) -> String {
        let filled = route.uri.path().split('/').map(|part| if part.starts_with('<') { "1" } else { part });
        filled.collect::<Vec<_>>().join("/")
    }

    fn is_unsafe(route: &Route) -> bool {
        !matches!(route.method, Method::Get | Method::Head | Method::Options)
    }

    #[rocket::async_test]
    async fn every_route_has_a_row_and_every_row_a_route() {
        let trial = Trial::start().await;
        let routes: Vec<(Method, String)> =
            trial.client.rocket().routes().map(|route| (route.method, route.uri.path().to_owned())).collect();
        for (method, path) in &routes {
            assert!(door(*method, path).is_some(), "{method} {path} has no row");
        }
        for (index, (method, path, _)) in TABLE.iter().enumerate() {
            assert!(routes.iter().any(|(m, p)| m == method && p == path), "{method} {path} has no route");
            let again = TABLE.iter().skip(index + 1).any(|(m, p, _)| m == method && p == path);
            assert!(!again, "{method} {path} has two rows");
        }
    }

    #[rocket::async_test]
    async fn nobody_enters_the_laboratory_without_signing_in() {
        let trial = Trial::start().await;
        let closed = |route: &&Route| !matches!(door_of(route), Some(Door::Open | Door::Agent));
        for route in trial.client.rocket().routes().filter(closed) {
            let response = trial.client.req(route.method, address(route)).dispatch().await;
            assert_eq!(response.status(), Status::SeeOther, "{route}");
            let to = response.headers().get_one("Location").unwrap_or_default();
            assert!(to == "/login" || to.starts_with("/login?to="), "{route}: {to}");
        }
    }

    #[rocket::async_test]
    async fn an_agents_door_opens_to_no_person_whatever_their_role() {
        let trial = Trial::start().await;
        let administrator = trial.signed_in(Role::Administrator).await;
        for route in trial.client.rocket().routes().filter(|route| door_of(route) == Some(Door::Agent)) {
            let answer = administrator.post(&address(route), &[]).await.status();
            assert_eq!(answer, Status::Unauthorized, "{route}");
        }
    }

    #[rocket::async_test]
    async fn a_role_opens_what_its_acts_say_and_nothing_else() {
        let trial = Trial::start().await;
        for role in Role::ALL {
            let browser = trial.signed_in(*role).await;
            for route in trial.client.rocket().routes() {
                let Some(Door::For(act)) = door_of(route) else { continue };
                let answer = if is_unsafe(route) {
                    browser.post(&address(route), &[]).await.status()
                } else {
                    browser.get(&address(route)).await.status()
                };
                assert_ne!(answer, Status::InternalServerError, "{role} at {route}");
                // An act on one object may ask for more than its address does; a page that shows never does.
                if is_unsafe(route) && role.may(act) {
                    continue;
                }
                assert_eq!(answer == Status::Forbidden, !role.may(act), "{role} at {route}: {answer}");
            }
        }
    }

    #[rocket::async_test]
    async fn nothing_changes_without_the_token_of_ones_own_session() {
        let trial = Trial::start().await;
        let mut people = Vec::new();
        for role in Role::ALL {
            people.push(trial.signed_in(*role).await);
        }
        let strange = people.first().map(|browser| browser.csrf.clone()).unwrap_or_default();
        // Agents come without a browser: no cookie speaks for them, so no other site can.
        let by_people = |route: &&Route| is_unsafe(route) && door_of(route) != Some(Door::Agent);
        for route in trial.client.rocket().routes().filter(by_people) {
            for browser in people.iter().skip(1) {
                for fields in [vec![], vec![("csrf", "")], vec![("csrf", strange.as_str())]] {
                    let answer = browser.send(&address(route), &fields, None).await.status();
                    assert_eq!(answer, Status::Forbidden, "{route} with {fields:?}");
                }
                let own = [("csrf", browser.csrf.as_str())];
                let answer = browser.send(&address(route), &own, Some("https://evil.example")).await.status();
                assert_eq!(answer, Status::Forbidden, "{route} from another site");
            }
            let anonymous = trial.client.req(route.method, address(route)).header(ContentType::Form).body("csrf=");
            let answer = anonymous.dispatch().await.status();
            assert!(matches!(answer, Status::Forbidden | Status::SeeOther), "{route} by nobody: {answer}");
        }
    }
}
