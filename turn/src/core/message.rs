//! STUN messages: what is read of them, and what is answered.
//!
//! Attributes behind MESSAGE-INTEGRITY are not covered by it and do not count (RFC 8489
//! section 14.5).

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use rtc_crypto::RTCCryptoProvider as _;
use rtc_stun::attributes::{
    ATTR_CHANNEL_NUMBER, ATTR_DATA, ATTR_FINGERPRINT, ATTR_LIFETIME, ATTR_MESSAGE_INTEGRITY,
    ATTR_NONCE, ATTR_REALM, ATTR_REQUESTED_ADDRESS_FAMILY, ATTR_REQUESTED_TRANSPORT, ATTR_USERNAME,
    ATTR_XOR_PEER_ADDRESS, AttrType, RawAttribute,
};
use rtc_stun::fingerprint::FINGERPRINT;
use rtc_stun::integrity::MessageIntegrity;
use rtc_stun::message::{
    CLASS_INDICATION, CLASS_REQUEST, MAGIC_COOKIE, METHOD_ALLOCATE, METHOD_BINDING,
    METHOD_CHANNEL_BIND, METHOD_CREATE_PERMISSION, METHOD_DATA, METHOD_REFRESH, METHOD_SEND,
    Message, MessageClass, MessageType, Method, Setter, TransactionId,
};
use rtc_stun::xoraddr::XorMappedAddress;

use super::auth::CRYPTO;
use crate::channel::ChannelNumber;

/// The longest name, realm or nonce (RFC 8489 section 14): longer ones are none.
const MAX_TEXT: usize = 763;

/// A message that was read.
pub(super) struct Incoming {
    pub(super) kind: Kind,
    pub(super) message: Body,
}

/// The messages of clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Request(Request),
    /// A packet for a peer.
    Send,
}

/// The requests of clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Request {
    Binding,
    Allocate,
    Refresh,
    CreatePermission,
    ChannelBind,
}

impl Request {
    fn method(self) -> Method {
        match self {
            Self::Binding => METHOD_BINDING,
            Self::Allocate => METHOD_ALLOCATE,
            Self::Refresh => METHOD_REFRESH,
            Self::CreatePermission => METHOD_CREATE_PERMISSION,
            Self::ChannelBind => METHOD_CHANNEL_BIND,
        }
    }
}

impl Incoming {
    /// Reads a datagram; nothing when it is no message that clients send.
    pub(super) fn parse(datagram: &[u8]) -> Option<Self> {
        let (_, rest) = datagram.split_first_chunk::<2>()?;
        let length = usize::from(u16::from_be_bytes(*rest.first_chunk::<2>()?));
        if datagram.len() != 20 + length {
            return None;
        }
        let mut message = Message::new();
        message.unmarshal_binary(datagram).ok()?;
        if message.contains(ATTR_FINGERPRINT) && FINGERPRINT.check(&message).is_err() {
            return None;
        }
        let MessageType { method, class } = message.typ;
        let kind = match (class, method) {
            (CLASS_REQUEST, METHOD_BINDING) => Kind::Request(Request::Binding),
            (CLASS_REQUEST, METHOD_ALLOCATE) => Kind::Request(Request::Allocate),
            (CLASS_REQUEST, METHOD_REFRESH) => Kind::Request(Request::Refresh),
            (CLASS_REQUEST, METHOD_CREATE_PERMISSION) => Kind::Request(Request::CreatePermission),
            (CLASS_REQUEST, METHOD_CHANNEL_BIND) => Kind::Request(Request::ChannelBind),
            (CLASS_INDICATION, METHOD_SEND) => Kind::Send,
            _ => return None,
        };
        Some(Self { kind, message: Body(message) })
    }
}

/// What a message says.
pub(super) struct Body(Message);

impl Body {
    pub(super) fn id(&self) -> TransactionId {
        self.0.transaction_id
    }

    /// The attributes that the signature covers; all of them where there is none.
    fn covered(&self) -> impl Iterator<Item = &RawAttribute> {
        self.0.attributes.0.iter().take_while(|attribute| attribute.typ != ATTR_MESSAGE_INTEGRITY)
    }

    fn value(&self, wanted: AttrType) -> Option<&[u8]> {
        self.covered().find(|attribute| attribute.typ == wanted).map(|found| &found.value[..])
    }

    fn text(&self, wanted: AttrType) -> Option<&[u8]> {
        self.value(wanted).filter(|text| text.len() <= MAX_TEXT)
    }

    pub(super) fn username(&self) -> Option<&[u8]> {
        self.text(ATTR_USERNAME)
    }

    pub(super) fn realm(&self) -> Option<&[u8]> {
        self.text(ATTR_REALM)
    }

    pub(super) fn nonce(&self) -> Option<&[u8]> {
        self.text(ATTR_NONCE)
    }

    pub(super) fn is_signed(&self) -> bool {
        self.0.contains(ATTR_MESSAGE_INTEGRITY)
    }

    pub(super) fn is_signed_with(&mut self, key: &[u8]) -> bool {
        MessageIntegrity::check(&mut self.0, key, CRYPTO.crypto()).is_ok()
    }

    /// LIFETIME (RFC 8656 section 18.2).
    pub(super) fn lifetime(&self) -> Option<Duration> {
        let seconds = self.value(ATTR_LIFETIME)?.try_into().ok()?;
        Some(Duration::from_secs(u32::from_be_bytes(seconds).into()))
    }

    /// REQUESTED-TRANSPORT: the number of an IP protocol (RFC 8656 section 18.7).
    pub(super) fn transport(&self) -> Option<u8> {
        Some(self.value(ATTR_REQUESTED_TRANSPORT)?.first_chunk::<4>()?[0])
    }

    /// REQUESTED-ADDRESS-FAMILY (RFC 8656 section 18.6): whether it is IPv6. Without one, IPv4.
    pub(super) fn wants_v6(&self) -> Result<bool, UnknownFamily> {
        match self.value(ATTR_REQUESTED_ADDRESS_FAMILY) {
            None | Some([1, ..]) => Ok(false),
            Some([2, ..]) => Ok(true),
            Some(_) => Err(UnknownFamily),
        }
    }

    /// CHANNEL-NUMBER (RFC 8656 section 18.1).
    pub(super) fn channel(&self) -> Option<ChannelNumber> {
        let [high, low] = *self.value(ATTR_CHANNEL_NUMBER)?.first_chunk::<2>()?;
        ChannelNumber::new(u16::from_be_bytes([high, low]))
    }

    pub(super) fn data(&self) -> Option<&[u8]> {
        self.value(ATTR_DATA)
    }

    /// The first XOR-PEER-ADDRESS.
    pub(super) fn peer(&self) -> Option<SocketAddr> {
        self.peers().next()?
    }

    /// Every XOR-PEER-ADDRESS (RFC 8656 section 18.3); nothing in place of an unreadable one.
    pub(super) fn peers(&self) -> impl Iterator<Item = Option<SocketAddr>> {
        let of_peers = |attribute: &&RawAttribute| attribute.typ == ATTR_XOR_PEER_ADDRESS;
        self.covered().filter(of_peers).map(|found| self.xor_address(&found.value))
    }

    /// RFC 8489 section 14.2.
    fn xor_address(&self, value: &[u8]) -> Option<SocketAddr> {
        let (&[_, family, high, low], address) = value.split_first_chunk::<4>()?;
        let port = u16::from_be_bytes([high, low]) ^ (MAGIC_COOKIE >> 16) as u16;
        let ip: IpAddr = match family {
            1 => {
                let address: [u8; 4] = address.try_into().ok()?;
                (u32::from_be_bytes(address) ^ MAGIC_COOKIE).to_be_bytes().into()
            }
            2 => {
                let address: [u8; 16] = address.try_into().ok()?;
                let mut mask = [0; 16];
                mask[..4].copy_from_slice(&MAGIC_COOKIE.to_be_bytes());
                mask[4..].copy_from_slice(&self.0.transaction_id.0);
                (u128::from_be_bytes(address) ^ u128::from_be_bytes(mask)).to_be_bytes().into()
            }
            _ => return None,
        };
        Some(SocketAddr::new(ip, port))
    }

    /// Attributes that must be understood (types below 0x8000) and are not.
    pub(super) fn not_understood(&self) -> Vec<AttrType> {
        const UNDERSTOOD: [AttrType; 9] = [
            ATTR_CHANNEL_NUMBER,
            ATTR_DATA,
            ATTR_LIFETIME,
            ATTR_NONCE,
            ATTR_REALM,
            ATTR_REQUESTED_ADDRESS_FAMILY,
            ATTR_REQUESTED_TRANSPORT,
            ATTR_USERNAME,
            ATTR_XOR_PEER_ADDRESS,
        ];
        let types = self.covered().map(|attribute| attribute.typ);
        let mut unknown: Vec<_> =
            types.filter(|typ| typ.value() < 0x8000 && !UNDERSTOOD.contains(typ)).collect();
        unknown.truncate(16);
        unknown
    }

    /// An answer of a class with these attributes, signed if there is a key.
    pub(super) fn answer(
        &self,
        request: Request,
        class: MessageClass,
        attributes: Vec<Box<dyn Setter + '_>>,
        key: Option<&[u8]>,
    ) -> Option<Vec<u8>> {
        let kind = MessageType::new(request.method(), class);
        let mut all: Vec<Box<dyn Setter + '_>> = vec![Box::new(kind), Box::new(self.id())];
        all.extend(attributes);
        if let Some(key) = key {
            let crypto = CRYPTO.crypto();
            let integrity = MessageIntegrity::new_raw_integrity_with_provider(key, crypto);
            all.push(Box::new(integrity));
        }
        let mut answer = Message::new();
        answer.build(&all).ok()?;
        Some(answer.raw)
    }
}

/// REQUESTED-ADDRESS-FAMILY names neither IPv4 nor IPv6.
#[derive(Debug)]
pub(super) struct UnknownFamily;

/// An address in an attribute of a type.
pub(super) struct XorAddress(pub(super) AttrType, pub(super) SocketAddr);

impl Setter for XorAddress {
    fn add_to(&self, message: &mut Message) -> rtc_shared::error::Result<()> {
        let (ip, port) = (self.1.ip(), self.1.port());
        XorMappedAddress { ip, port }.add_to_as(message, self.0)
    }
}

/// A packet of a peer that has no channel (RFC 8656 section 11.3).
pub(super) fn data_indication(peer: SocketAddr, packet: &[u8]) -> Option<Vec<u8>> {
    let data = RawAttribute { typ: ATTR_DATA, length: 0, value: packet.to_vec() };
    let mut message = Message::new();
    message
        .build(&[
            Box::new(MessageType::new(METHOD_DATA, CLASS_INDICATION)),
            Box::new(TransactionId::new()),
            Box::new(XorAddress(ATTR_XOR_PEER_ADDRESS, peer)),
            Box::new(data),
        ])
        .ok()?;
    Some(message.raw)
}
