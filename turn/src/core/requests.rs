//! The requests of clients, one after the other.

use std::net::SocketAddr;
use std::time::Duration;

use rtc_stun::attributes::{
    ATTR_LIFETIME, ATTR_NONCE, ATTR_REALM, ATTR_XOR_RELAYED_ADDRESS, ATTR_XORMAPPED_ADDRESS,
    AttrType, RawAttribute,
};
use rtc_stun::error_code::{
    CODE_ADDR_FAMILY_NOT_SUPPORTED, CODE_ALLOC_MISMATCH, CODE_ALLOC_QUOTA_REACHED,
    CODE_BAD_REQUEST, CODE_FORBIDDEN, CODE_INSUFFICIENT_CAPACITY, CODE_PEER_ADDR_FAMILY_MISMATCH,
    CODE_STALE_NONCE, CODE_UNAUTHORIZED, CODE_UNKNOWN_ATTRIBUTE, CODE_UNSUPPORTED_TRANS_PROTO,
    CODE_WRONG_CREDENTIALS, ErrorCode, ErrorCodeAttribute,
};
use rtc_stun::message::{CLASS_ERROR_RESPONSE, CLASS_SUCCESS_RESPONSE, Setter};
use rtc_stun::uattrs::UnknownAttributes;

use super::allocation::{Allocation, ChannelTaken, lifetime};
use super::auth::{Refusal, User};
use super::message::{Body, Request, UnknownFamily, XorAddress};
use super::{Core, Now, Outside, RelayId};

/// REQUESTED-TRANSPORT of UDP (RFC 8656 section 18.7).
const UDP: u8 = 17;

/// The attributes of a success, or the code of an error.
type Outcome = Result<Vec<Box<dyn Setter>>, ErrorCode>;

impl Core {
    pub(super) fn on_request(
        &mut self,
        now: Now,
        client: SocketAddr,
        request: Request,
        message: &mut Body,
        outside: &mut impl Outside,
    ) {
        if request == Request::Binding {
            if self.may_ask(now) {
                let mapped = XorAddress(ATTR_XORMAPPED_ADDRESS, client);
                let answer =
                    message.answer(request, CLASS_SUCCESS_RESPONSE, vec![Box::new(mapped)], None);
                send(outside, client, answer);
            }
            return;
        }
        let user = match self.authenticate(now.wall, client, message) {
            Ok(user) => user,
            Err(refusal) => return self.refuse(now, client, request, message, refusal, outside),
        };
        let unknown = message.not_understood();
        if !unknown.is_empty() {
            let error = error(CODE_UNKNOWN_ATTRIBUTE);
            let attributes: Vec<Box<dyn Setter>> =
                vec![error, Box::new(UnknownAttributes(unknown))];
            let answer = message.answer(request, CLASS_ERROR_RESPONSE, attributes, Some(&user.key));
            return send(outside, client, answer);
        }
        if request == Request::Allocate {
            return self.allocate(now, client, message, user, outside);
        }
        let outcome = match self.by_client.get(&client).copied() {
            None => Err(CODE_ALLOC_MISMATCH),
            Some(relay) if self.username_of(relay) != Some(&user.username) => {
                Err(CODE_WRONG_CREDENTIALS)
            }
            Some(relay) => match request {
                Request::Refresh => self.refresh(now, relay, message, outside),
                Request::CreatePermission => self.permit(now, relay, message),
                _ => self.bind(now, relay, message),
            },
        };
        answer(outside, client, request, message, outcome, &user.key);
    }

    fn allocate(
        &mut self,
        now: Now,
        client: SocketAddr,
        message: &Body,
        user: User,
        outside: &mut impl Outside,
    ) {
        if let Some((_, allocation)) = self.of_client(client) {
            let (made_by, made) = &allocation.made_by;
            if *made_by == message.id() {
                // The answer was lost on the way.
                return outside.to_client(client, made);
            }
            let mismatch = Err(CODE_ALLOC_MISMATCH);
            return answer(outside, client, Request::Allocate, message, mismatch, &user.key);
        }
        match self.open(message, &user, outside) {
            Err(code) => {
                answer(outside, client, Request::Allocate, message, Err(code), &user.key);
            }
            Ok((relay, address)) => {
                let life = lifetime(message.lifetime());
                let attributes: Vec<Box<dyn Setter>> = vec![
                    Box::new(XorAddress(ATTR_XOR_RELAYED_ADDRESS, address)),
                    seconds(life),
                    Box::new(XorAddress(ATTR_XORMAPPED_ADDRESS, client)),
                ];
                let made = message.answer(
                    Request::Allocate,
                    CLASS_SUCCESS_RESPONSE,
                    attributes,
                    Some(&user.key),
                );
                let Some(made) = made else { return outside.close(relay) };
                outside.to_client(client, &made);
                let allocation = Allocation::new(
                    client,
                    user.person,
                    user.username,
                    user.key,
                    now.instant + life,
                    (message.id(), made),
                    address.is_ipv6(),
                    self.config.targets.len(),
                );
                self.keep(relay, allocation);
            }
        }
    }

    /// A socket for a new allocation, if its client may have one.
    fn open(
        &mut self,
        message: &Body,
        user: &User,
        outside: &mut impl Outside,
    ) -> Result<(RelayId, SocketAddr), ErrorCode> {
        match message.transport() {
            None => return Err(CODE_BAD_REQUEST),
            Some(UDP) => {}
            Some(_) => return Err(CODE_UNSUPPORTED_TRANS_PROTO),
        }
        let v6 = message.wants_v6().map_err(|UnknownFamily| CODE_ADDR_FAMILY_NOT_SUPPORTED)?;
        let home = self.config.targets.home(v6).ok_or(CODE_ADDR_FAMILY_NOT_SUPPORTED)?;
        let theirs = self.by_person.get(&user.person).copied().unwrap_or_default();
        if theirs >= self.config.quota {
            self.counters.refused_quota += 1;
            return Err(CODE_ALLOC_QUOTA_REACHED);
        }
        if self.by_client.len() >= self.config.max_allocations {
            self.counters.refused_quota += 1;
            return Err(CODE_INSUFFICIENT_CAPACITY);
        }
        let relay = self.free_id();
        let port = outside.open(relay, v6).ok_or(CODE_INSUFFICIENT_CAPACITY)?;
        Ok((relay, SocketAddr::new(home, port)))
    }

    fn refresh(
        &mut self,
        now: Now,
        relay: RelayId,
        message: &Body,
        outside: &mut impl Outside,
    ) -> Outcome {
        let allocation = self.allocation(relay)?;
        match message.wants_v6() {
            Ok(false) => {}
            Ok(true) if allocation.v6 => {}
            Ok(true) | Err(UnknownFamily) => return Err(CODE_PEER_ADDR_FAMILY_MISMATCH),
        }
        let wanted = message.lifetime();
        if wanted == Some(Duration::ZERO) {
            self.release(relay, outside);
            return Ok(vec![seconds(Duration::ZERO)]);
        }
        let life = lifetime(wanted);
        allocation.expires = now.instant + life;
        Ok(vec![seconds(life)])
    }

    /// Permits the house's addresses (RFC 8656 section 10): all that are named, or none.
    fn permit(&mut self, now: Now, relay: RelayId, message: &Body) -> Outcome {
        let v6 = self.allocation(relay)?.v6;
        let mut permitted = Vec::new();
        for peer in message.peers() {
            let peer = peer.ok_or(CODE_BAD_REQUEST)?;
            if peer.is_ipv6() != v6 {
                return Err(CODE_PEER_ADDR_FAMILY_MISMATCH);
            }
            let before = permitted.len();
            match (peer.port(), self.config.targets.find(peer)) {
                (_, Some(target)) => permitted.push(target),
                // Permissions are for addresses; some clients name no port.
                (0, None) => permitted.extend(self.config.targets.at(peer.ip())),
                _ => {}
            }
            if permitted.len() == before {
                self.counters.refused_peers += 1;
                return Err(CODE_FORBIDDEN);
            }
        }
        if permitted.is_empty() {
            return Err(CODE_BAD_REQUEST);
        }
        let allocation = self.allocation(relay)?;
        for target in permitted {
            allocation.permit(target, now.instant);
        }
        Ok(Vec::new())
    }

    fn bind(&mut self, now: Now, relay: RelayId, message: &Body) -> Outcome {
        let (Some(number), Some(peer)) = (message.channel(), message.peer()) else {
            return Err(CODE_BAD_REQUEST);
        };
        if peer.is_ipv6() != self.allocation(relay)?.v6 {
            return Err(CODE_PEER_ADDR_FAMILY_MISMATCH);
        }
        let Some(target) = self.config.targets.find(peer) else {
            self.counters.refused_peers += 1;
            return Err(CODE_FORBIDDEN);
        };
        self.allocation(relay)?
            .bind(number, target, now.instant)
            .map_err(|ChannelTaken| CODE_BAD_REQUEST)?;
        Ok(Vec::new())
    }

    /// Says why somebody is not let in.
    fn refuse(
        &mut self,
        now: Now,
        client: SocketAddr,
        request: Request,
        message: &Body,
        refusal: Refusal,
        outside: &mut impl Outside,
    ) {
        match refusal {
            Refusal::WrongPassword => self.counters.refused_credentials += 1,
            Refusal::Expired => self.counters.refused_expired += 1,
            Refusal::Challenge | Refusal::Incomplete | Refusal::Stale => {}
        }
        if !self.may_ask(now) {
            return;
        }
        let code = match refusal {
            Refusal::Challenge | Refusal::WrongPassword | Refusal::Expired => CODE_UNAUTHORIZED,
            Refusal::Incomplete => CODE_BAD_REQUEST,
            Refusal::Stale => CODE_STALE_NONCE,
        };
        let mut attributes = vec![error(code)];
        if code != CODE_BAD_REQUEST {
            let nonce = self.nonces.issue(client, now.wall).into_bytes();
            attributes.push(raw(ATTR_REALM, self.config.realm.as_bytes().to_vec()));
            attributes.push(raw(ATTR_NONCE, nonce));
        }
        send(outside, client, message.answer(request, CLASS_ERROR_RESPONSE, attributes, None));
    }

    fn may_ask(&mut self, now: Now) -> bool {
        let may = self.strangers.may_ask(now.instant);
        if !may {
            self.counters.dropped_flood += 1;
        }
        may
    }

    fn allocation(&mut self, relay: RelayId) -> Result<&mut Allocation, ErrorCode> {
        self.allocations.get_mut(relay.0).and_then(Option::as_mut).ok_or(CODE_ALLOC_MISMATCH)
    }

    fn username_of(&self, relay: RelayId) -> Option<&Vec<u8>> {
        self.allocations.get(relay.0)?.as_ref().map(|allocation| &allocation.username)
    }
}

fn answer(
    outside: &mut impl Outside,
    client: SocketAddr,
    request: Request,
    message: &Body,
    outcome: Outcome,
    key: &[u8],
) {
    let (class, attributes) = match outcome {
        Ok(attributes) => (CLASS_SUCCESS_RESPONSE, attributes),
        Err(code) => (CLASS_ERROR_RESPONSE, vec![error(code)]),
    };
    send(outside, client, message.answer(request, class, attributes, Some(key)));
}

fn send(outside: &mut impl Outside, client: SocketAddr, answer: Option<Vec<u8>>) {
    if let Some(answer) = answer {
        outside.to_client(client, &answer);
    }
}

/// ERROR-CODE without a phrase: programs read the number, and strangers get few bytes.
fn error(code: ErrorCode) -> Box<dyn Setter> {
    Box::new(ErrorCodeAttribute { code, reason: Vec::new() })
}

fn seconds(lifetime: Duration) -> Box<dyn Setter> {
    let seconds = u32::try_from(lifetime.as_secs()).unwrap_or(u32::MAX);
    raw(ATTR_LIFETIME, seconds.to_be_bytes().to_vec())
}

fn raw(typ: AttrType, value: Vec<u8>) -> Box<dyn Setter> {
    Box::new(RawAttribute { typ, length: 0, value })
}
