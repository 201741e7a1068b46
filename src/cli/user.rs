//! `qingke user`: accounts, when no page can be reached.

use std::io::IsTerminal;
use std::process::ExitCode;

use clap::Subcommand;

use super::BAD_INPUT;
use super::opened::Place;
use crate::acquire::clock;
use crate::lab::people::{Role, Who};
use crate::store::people::{NewPerson, Person};
use crate::store::{Store, StoreError};
use crate::web::{password, secret};

/// Add an account, reset its password, disable or enable it.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: qingke user add li.na --name \"Li Na\" --role technician --dir /var/lib/qingke")]
pub struct Args {
    #[command(subcommand)]
    act: Act,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Subcommand)]
enum Act {
    /// Add a person; the password is read from standard input, or made up and printed once.
    Add {
        username: String,
        /// The name printed beside signatures.
        #[arg(long)]
        name: String,
        /// A role; may be given more than once.
        #[arg(long, required = true)]
        role: Vec<String>,
    },
    /// Give a person a new password.
    Reset { username: String },
    /// Keep a person from signing in.
    Disable { username: String },
    /// Let a disabled person sign in again.
    Enable { username: String },
    /// List the accounts.
    List,
}

pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    let config = match args.place.existing() {
        Ok(config) => config,
        Err(code) => return Ok(code),
    };
    let store = Store::open(&config.database())?;
    store.check_schema()?;
    super::runtime()?.block_on(act(&store, args.act))
}

async fn act(store: &Store, act: Act) -> anyhow::Result<ExitCode> {
    match act {
        Act::Add { username, name, role } => {
            let mut roles = std::collections::BTreeSet::new();
            for word in role {
                match word.parse::<Role>() {
                    Ok(role) => roles.insert(role),
                    Err(error) => return Ok(bad(&error)),
                };
            }
            let Some(password) = password_for(&username)? else { return Ok(ExitCode::from(BAD_INPUT)) };
            let password_hash = password::hash_now(&password).map_err(anyhow::Error::msg)?;
            let new = NewPerson { username, name, password_hash, roles };
            match store.add_person(Who::Program, clock::now(), new).await {
                Ok(_) => Ok(ExitCode::SUCCESS),
                Err(error @ StoreError::Conflict { .. }) => Ok(bad(&error)),
                Err(error) => Err(error.into()),
            }
        }
        Act::Reset { username } => {
            let Some(person) = find(store, &username).await? else { return Ok(ExitCode::from(BAD_INPUT)) };
            let Some(password) = password_for(&username)? else { return Ok(ExitCode::from(BAD_INPUT)) };
            let hash = password::hash_now(&password).map_err(anyhow::Error::msg)?;
            store.set_password(Who::Program, clock::now(), person.actor.id, hash, None).await?;
            Ok(ExitCode::SUCCESS)
        }
        Act::Disable { username } => switch(store, &username, true).await,
        Act::Enable { username } => switch(store, &username, false).await,
        Act::List => {
            for person in store.people().await? {
                let roles: Vec<&str> = person.actor.roles.iter().map(|role| role.name()).collect();
                let state = if person.disabled_at.is_some() { "disabled" } else { "active" };
                println!("{}\t{}\t{}\t{state}", person.username, person.actor.name, roles.join(","));
            }
            Ok(ExitCode::SUCCESS)
        }
    }
}

async fn switch(store: &Store, username: &str, disabled: bool) -> anyhow::Result<ExitCode> {
    let Some(person) = find(store, username).await? else { return Ok(ExitCode::from(BAD_INPUT)) };
    match store.set_disabled(Who::Program, clock::now(), person.actor.id, disabled, "qingke user".to_owned()).await {
        Ok(()) => Ok(ExitCode::SUCCESS),
        Err(error @ StoreError::LastAdministrator) => Ok(bad(&error)),
        Err(error) => Err(error.into()),
    }
}

async fn find(store: &Store, username: &str) -> anyhow::Result<Option<Person>> {
    let person = store.find_by_username(username).await?;
    if person.is_none() {
        eprintln!("qingke: expected a user name of this laboratory, found '{username}'");
    }
    Ok(person)
}

/// From standard input where something is piped in; otherwise made up, and printed this once.
fn password_for(username: &str) -> anyhow::Result<Option<String>> {
    if std::io::stdin().is_terminal() {
        let password: String = secret::token()?.chars().take(16).collect();
        println!("password: {password}");
        return Ok(Some(password));
    }
    let mut line = String::new();
    std::io::stdin().read_line(&mut line)?;
    let password = line.trim_end_matches(['\r', '\n']).to_owned();
    if password::objection(&password, username).is_some() {
        eprintln!(
            "qingke: expected a password of {} to {} characters that is not easily guessed",
            password::SHORTEST,
            password::LONGEST
        );
        return Ok(None);
    }
    Ok(Some(password))
}

fn bad(error: &dyn std::fmt::Display) -> ExitCode {
    eprintln!("qingke: {error}");
    ExitCode::from(BAD_INPUT)
}
