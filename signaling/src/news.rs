//! News from outside: the media node's events and the house's messages; and the housekeeping
//! that comes with time.

use std::sync::Arc;
use std::time::Duration;

use bus::{Delivery, Subscription};
use metrics_exporter_prometheus::PrometheusHandle;
use protocol::media::MediaEvent;
use store::HouseMessage;
use tokio::sync::mpsc;
use tokio::time::interval;

use crate::app::App;
use crate::hub::{EndReason, HubMessage};

/// How often idle addresses are forgotten and histograms drained.
const HOUSEKEEPING: Duration = Duration::from_secs(10);

/// Passes news on to the performances that they are about.
pub(crate) fn listen(
    app: &Arc<App>,
    events: mpsc::Receiver<MediaEvent>,
    messages: Subscription<HouseMessage>,
) {
    app.tracker.spawn(until_shutdown(app, pass_events(Arc::clone(app), events)));
    app.tracker.spawn(until_shutdown(app, pass_messages(Arc::clone(app), messages)));
}

/// What is done every now and then.
pub(crate) fn keep_house(app: &Arc<App>, recorder: Option<&'static PrometheusHandle>) {
    let housekeeper = Arc::clone(app);
    app.tracker.spawn(until_shutdown(app, async move {
        let mut ticks = interval(HOUSEKEEPING);
        loop {
            ticks.tick().await;
            housekeeper.session_rates.forget_idle();
            if let Some(recorder) = recorder {
                recorder.run_upkeep();
            }
        }
    }));
}

/// Some work that ends by shutdown at the latest.
fn until_shutdown(
    app: &App,
    work: impl Future<Output = ()> + Send + 'static,
) -> impl Future<Output = ()> + Send + 'static {
    let shutdown = app.shutdown.clone();
    async move {
        // Whether it was done or stopped is all the same.
        let _ = shutdown.run_until_cancelled(work).await;
    }
}

async fn pass_events(app: Arc<App>, mut events: mpsc::Receiver<MediaEvent>) {
    while let Some(MediaEvent { room, kind }) = events.recv().await {
        app.hubs.tell(room.into(), HubMessage::Media(kind)).await;
    }
    tracing::error!("the media node is gone");
}

async fn pass_messages(app: Arc<App>, mut messages: Subscription<HouseMessage>) {
    while let Some(delivery) = messages.recv().await {
        match delivery {
            Delivery::Message(message) => pass_message(&app, message).await,
            Delivery::Lagged { missed } => {
                tracing::warn!(missed, "messages of the house were lost, everybody is verified");
                app.hubs.tell_all(|| HubMessage::Verify).await;
            }
        }
    }
}

async fn pass_message(app: &App, message: HouseMessage) {
    let (performance, message) = match message {
        HouseMessage::AccessRevoked { performance, person, sessions } => {
            let reason = EndReason::Revoked;
            (performance, HubMessage::Ended { person, sessions, reason })
        }
        HouseMessage::TakenOver { performance, person, sessions } => {
            let reason = EndReason::TakenOver;
            (performance, HubMessage::Ended { person, sessions, reason })
        }
        HouseMessage::PerformanceOver { performance } => (performance, HubMessage::Over),
    };
    app.hubs.tell(performance, message).await;
}
