// Who is behind a trusted proxy: Forwarded (RFC 7239) and X-Forwarded-*. What an untrusted peer says is ignored.
#pragma once

#include "http/address.hpp"
#include "http/message.hpp"

namespace gatehouse::http {

struct ForwardedElement {
    std::string node;     // of "for", without port and brackets; may be "unknown" or "_hidden"
    std::string protocol; // lower case
    std::string host;
};
// All Forwarded fields of a request joined by commas. Error: "invalid_forwarded".
Result<std::vector<ForwardedElement>> parse_forwarded(std::string_view text);

// Sets host, secure, client_address and request_id of a request that came from `peer` over a connection that is secure
// or not. The client is the rightmost hop that is not a trusted proxy: what stands left of it anyone may have written.
// Error: "invalid_forwarded" when a trusted proxy sends fields that contradict each other or cannot be read: it passes
// on what its client wrote, and neither can be believed.
Result<void> apply_forwarding(Request& request, Address const& peer, bool secure,
                              std::vector<AddressBlock> const& trusted_proxies);

} // namespace gatehouse::http
