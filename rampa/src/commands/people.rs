//! `rampa token` and `rampa links`: people for a demo performance.

use anyhow::{Context as _, bail};
use protocol::{Clock as _, Keyring, SystemClock, SystemEntropy};
use store::{DEMO_ADMIT_LIMIT, DemoError, DemoSeat, Store};

use crate::cli::People;
use crate::config::Config;
use crate::{keys, office, programme};

/// Prints a session token for each of the new people.
///
/// # Errors
/// When the performance is no demo, or the database fails.
pub(crate) async fn tokens(config: &Config, people: &People) -> anyhow::Result<()> {
    let (store, keyring) = open(config).await?;
    for seat in seats(&store, people).await? {
        let admission = store.open_session_for(seat.link).await?;
        let (token, _) = admission.session.claims().seal(&keyring, SystemClock.now());
        println!("{token}");
    }
    store.close().await;
    Ok(())
}

/// Prints a link for each of the new people.
///
/// # Errors
/// When the performance is no demo, the house's address is not known, or the database fails.
pub(crate) async fn links(config: &Config, people: &People) -> anyhow::Result<()> {
    let public_url = config.http.configured_url().context(
        "the port is chosen at the start (http.listen ends with 0), so set http.public_url",
    )?;
    let (store, keyring) = open(config).await?;
    for seat in seats(&store, people).await? {
        println!("{}", programme::link(&public_url, people.role, seat.link, &keyring));
    }
    store.close().await;
    Ok(())
}

async fn open(config: &Config) -> anyhow::Result<(Store, Keyring)> {
    Ok((office::open(config).await?, keys::load(&config.keys, &SystemEntropy)?))
}

async fn seats(store: &Store, people: &People) -> anyhow::Result<Vec<DemoSeat>> {
    match store.demo_admit(&people.performance, people.role, people.count).await {
        Ok(seats) => Ok(seats),
        Err(DemoError::NotDemo) => bail!(
            "there is no demo performance `{}` in this database; `rampa up --demo` makes one",
            people.performance
        ),
        Err(DemoError::TooMany) => {
            bail!("too many: at most {DEMO_ADMIT_LIMIT} at once, and only as long as seats last")
        }
        Err(error) => Err(error.into()),
    }
}
