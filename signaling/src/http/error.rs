//! Refusals of HTTP requests.

use axum::Json;
use axum::http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use protocol::error::{ErrorBody, ErrorCode, Language};

/// Why a request is refused, cut by its status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Problem {
    /// 401. Whatever is wrong with access.
    AccessDenied,
    /// 403.
    Forbidden,
    /// 400.
    BadRequest,
    /// 400: the offer is no SDP that can be answered.
    BadOffer,
    /// 404.
    NotFound,
    /// 406: nothing in common to send.
    NotAcceptable,
    /// 409.
    Conflict,
    /// 412.
    PreconditionFailed,
    /// 413.
    TooLarge,
    /// 415.
    UnsupportedMediaType,
    /// 428.
    PreconditionRequired,
    /// 429.
    RateLimited,
    /// 503.
    Unavailable,
}

impl Problem {
    fn status(self) -> StatusCode {
        match self {
            Self::AccessDenied => StatusCode::UNAUTHORIZED,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::BadRequest | Self::BadOffer => StatusCode::BAD_REQUEST,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::NotAcceptable => StatusCode::NOT_ACCEPTABLE,
            Self::Conflict => StatusCode::CONFLICT,
            Self::PreconditionFailed => StatusCode::PRECONDITION_FAILED,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::PreconditionRequired => StatusCode::PRECONDITION_REQUIRED,
            Self::RateLimited => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn code(self) -> ErrorCode {
        match self {
            Self::AccessDenied => ErrorCode::AccessDenied,
            Self::Forbidden => ErrorCode::Forbidden,
            Self::BadRequest | Self::UnsupportedMediaType | Self::PreconditionRequired => {
                ErrorCode::BadRequest
            }
            Self::BadOffer | Self::NotAcceptable => ErrorCode::MediaRefused,
            Self::NotFound => ErrorCode::NotFound,
            Self::Conflict | Self::PreconditionFailed => ErrorCode::Conflict,
            Self::TooLarge => ErrorCode::TooLarge,
            Self::RateLimited => ErrorCode::RateLimited,
            Self::Unavailable => ErrorCode::Unavailable,
        }
    }

    /// The refusal as a response.
    pub(crate) fn response(self, language: Language) -> Response {
        let body = Json(ErrorBody::new(self.code(), language));
        let mut response = (self.status(), body).into_response();
        let headers = response.headers_mut();
        match self {
            Self::AccessDenied => {
                headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            Self::RateLimited | Self::Unavailable => {
                headers.insert(RETRY_AFTER, HeaderValue::from_static("5"));
            }
            _ => {}
        }
        response
    }
}
