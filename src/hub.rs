//! The hub: one process with the database, the instruments' lines, the laboratory's pages and the public portal.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use rocket::fairing::AdHoc;
use rocket::{Build, Rocket};
use tokio::sync::{oneshot, watch};

use crate::acquire::configured::configured;
use crate::acquire::intake::Hub as Intake;
use crate::acquire::lines::Lines;
use crate::acquire::{self, clock, pruning};
use crate::config::Config;
use crate::lab::zone::zone;
use crate::store::Store;
use crate::store::catalogue::Instrument;
use crate::store::journal::Journal;
use crate::store::published::Publisher;
use crate::web::clock::Clock;
use crate::web::{self, Listener, Shared, secret};

/// How soon after the published store is back it catches up.
const COPY_EVERY: Duration = Duration::from_secs(60);

/// A hub that has opened everything it stands on and serves nothing yet.
pub struct Hub {
    config: Config,
    pub store: Store,
    lines: Arc<Lines>,
    journal: Journal,
    intake: Arc<dyn acquire::Intake>,
    publisher: Publisher,
}

/// Where a hub answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addresses {
    pub laboratory: SocketAddr,
    pub portal: SocketAddr,
}

impl Hub {
    /// Opens the database (bringing its schema up to date), the published store and the journal.
    pub fn open(config: Config) -> anyhow::Result<Self> {
        std::fs::create_dir_all(&config.data_dir)
            .with_context(|| format!("data_dir: cannot create {}", config.data_dir.display()))?;
        let store = Store::open(&config.database()).context("database_url")?;
        for name in store.migrate().context("database_url: migration")? {
            tracing::info!(%name, "migration applied");
        }
        let publisher = Publisher::open(&config.published()).context("published_url")?;
        // A damaged journal is told of in the log; the laboratory goes on with a new one.
        let (journal, _) = Journal::open_or_set_aside(&config.journal(), crate::acquire::clock::now())?;
        let intake: Arc<dyn acquire::Intake> = Arc::new(Intake { store: store.clone() });
        let lines = Arc::new(Lines::new(journal.clone(), Arc::clone(&intake)));
        Ok(Self { config, store, lines, journal, intake, publisher })
    }

    /// A one-time link for the first administrator, when nobody can sign in yet.
    pub async fn setup_link(&self) -> anyhow::Result<Option<String>> {
        if !self.store.has_nobody().await? {
            return Ok(None);
        }
        let token = secret::token()?;
        self.store.open_setup_link(secret::hash(&token), clock::now()).await?;
        Ok(Some(format!("http://{}/setup/{token}", self.config.listen)))
    }

    /// Serves until told to stop; `ready` hears the addresses once both listeners answer.
    pub async fn serve(self, ready: oneshot::Sender<Addresses>) -> anyhow::Result<()> {
        let clock = Clock::with(clock::now, zone());
        let listener = |address: SocketAddr| Listener {
            address: address.ip(),
            port: address.port(),
            secure: self.config.behind_tls_proxy,
            ip_header: (!self.config.ip_header.is_empty()).then(|| self.config.ip_header.clone()),
        };
        let shared = Shared::new(self.store.clone(), clock.clone(), listener(self.config.listen))
            .with_portal_url(self.config.portal_url())
            .with_lines(Arc::clone(&self.lines))
            .with_publisher(self.publisher.clone());
        // What was published while the published store was away.
        match self.publisher.copying(&self.store).await {
            Ok(copied) => tracing::info!(copied, "published store is up to date"),
            Err(error) => tracing::error!(%error, "published store is behind"),
        }
        let (laboratory, laboratory_up) = telling(web::laboratory(shared));
        let (portal, portal_up) =
            telling(web::portal(clock, &listener(self.config.portal_listen), self.publisher.published()));
        let lines = Arc::clone(&self.lines);
        let store = self.store.clone();
        tokio::spawn(async move {
            let (Ok(laboratory), Ok(portal)) = (laboratory_up.await, portal_up.await) else { return };
            let found = tokio::try_join!(store.list::<Instrument>(), store.profile_texts());
            match found {
                Ok((instruments, profiles)) => lines.apply(configured(instruments, &profiles)).await,
                Err(error) => tracing::error!(%error, "lines not started"),
            }
            // Nobody may be waiting for it.
            let _ = ready.send(Addresses { laboratory, portal });
        });
        let (stop, stopped) = watch::channel(false);
        let pruning = tokio::spawn(pruning::run(self.journal, self.intake, self.config.journal_ages(), stopped));
        let copying = tokio::spawn(copying(self.publisher.clone(), self.store.clone()));
        let served = tokio::try_join!(laboratory.launch(), portal.launch());
        stop.send_replace(true);
        copying.abort();
        if let Err(error) = pruning.await {
            tracing::error!(%error, "pruning ended badly");
        }
        self.lines.stop().await;
        served.map_err(|error| anyhow::anyhow!("cannot serve: {error}"))?;
        Ok(())
    }
}

/// Brings the published store up to date again and again: a withdrawal must reach the public although the store was away
/// when it was signed.
async fn copying(publisher: Publisher, store: Store) {
    loop {
        tokio::time::sleep(COPY_EVERY).await;
        match publisher.copying(&store).await {
            Ok(0) => (),
            Ok(copied) => tracing::info!(copied, "published store is up to date"),
            Err(error) => tracing::error!(%error, "published store is behind"),
        }
    }
}

/// A rocket that tells its address when it has lifted off.
fn telling(rocket: Rocket<Build>) -> (Rocket<Build>, oneshot::Receiver<SocketAddr>) {
    let (tell, hear) = oneshot::channel();
    let tell = std::sync::Mutex::new(Some(tell));
    let fairing = AdHoc::on_liftoff("address", move |rocket| {
        let address = SocketAddr::new(rocket.config().address, rocket.config().port);
        if let Some(tell) = tell.lock().ok().and_then(|mut tell| tell.take()) {
            let _ = tell.send(address);
        }
        Box::pin(async {})
    });
    (rocket.attach(fairing), hear)
}

#[cfg(test)]
mod tests;
