#include "http/forwarding.hpp"

#include "http/request_parser.hpp"

namespace gatehouse::http {

namespace {

using Text = std::string_view;

Refusal bad_forwarded()
{
    return refuse(ErrorKind::invalid, "invalid_forwarded",
                  "The proxy in front sent forwarding headers that contradict each other or cannot be read.");
}

bool is_trusted(Address const& address, std::vector<AddressBlock> const& proxies)
{
    return std::any_of(proxies.begin(), proxies.end(), [&](auto const& block) { return block.contains(address); });
}

// "192.0.2.1:4711", "[2001:db8::1]:4711", "2001:db8::1": the part without a port.
Text without_port(Text node)
{
    if (node.starts_with('[')) {
        auto const end = node.find(']');
        return end == Text::npos ? node : node.substr(1, end - 1);
    }
    return std::count(node.begin(), node.end(), ':') == 1 ? node.substr(0, node.find(':')) : node;
}

// The values of all fields of one name, joined as RFC 9110 section 5.3 allows.
std::string joined(Headers const& headers, Text name)
{
    std::string all;
    for (auto const& [key, value] : headers) {
        if (!equal_ignoring_case(key, name))
            continue;
        if (!all.empty())
            all += ',';
        all += value;
    }
    return all;
}

std::vector<Text> split_list(Text list)
{
    std::vector<Text> items;
    while (!list.empty()) {
        auto const end = std::min(list.find(','), list.size());
        items.push_back(trim(list.substr(0, end)));
        list.remove_prefix(std::min(end + 1, list.size()));
    }
    return items;
}

// A token or a quoted string at the start of `text`, which moves on behind it.
std::optional<std::string> take_value(Text& text)
{
    std::string value;
    if (!text.starts_with('"')) {
        auto const end = std::min(text.find_first_of(";, \t"), text.size());
        value = text.substr(0, end);
        text.remove_prefix(end);
        return value.find('"') == std::string::npos ? std::optional(value) : std::nullopt;
    }
    for (std::size_t i = 1; i < text.size(); ++i) {
        if (text[i] == '"') {
            text.remove_prefix(i + 1);
            return value;
        }
        if (text[i] == '\\' && ++i == text.size())
            return std::nullopt;
        value += text[i];
    }
    return std::nullopt;
}

void skip_space(Text& text)
{
    while (text.starts_with(' ') || text.starts_with('\t'))
        text.remove_prefix(1);
}

struct Hop {
    Address client;
    std::size_t from_right = 0; // which element named it
};

// Walks from the proxy nearest to us towards the client, as long as the hops are trusted.
Hop find_client(std::vector<std::string> const& nodes, Address const& peer, std::vector<AddressBlock> const& trusted)
{
    Hop hop{peer, 0};
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        auto const address = Address::parse(nodes[nodes.size() - 1 - i]);
        if (!address)
            return hop; // "unknown" or nonsense: the last hop that can be named is the client
        hop = {*address, i};
        if (!is_trusted(*address, trusted))
            return hop;
    }
    return hop;
}

// The element that the proxy which named the client wrote; where proxies replace instead of append, the list is
// shorter.
Text at_from_right(std::vector<Text> const& items, std::size_t from_right)
{
    if (items.empty())
        return {};
    return items[items.size() - 1 - std::min(from_right, items.size() - 1)];
}

bool is_request_id(Text text)
{
    return !text.empty() && text.size() <= 128 && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               Text("-_.:+/=@").find(c) != Text::npos;
    });
}

Result<void> apply(Request& request, Hop const& hop, Text protocol, Text host)
{
    request.client_address = hop.client.to_string();
    if (!protocol.empty()) {
        if (!equal_ignoring_case(protocol, "https") && !equal_ignoring_case(protocol, "http"))
            return bad_forwarded();
        request.secure = protocol.size() == 5;
    }
    if (!host.empty()) {
        auto parsed = parse_host_header(host);
        if (!parsed)
            return bad_forwarded();
        request.host = *std::move(parsed);
    }
    return {};
}

} // namespace

Result<std::vector<ForwardedElement>> parse_forwarded(std::string_view text)
{
    constexpr std::size_t kMost = 50;
    std::vector<ForwardedElement> elements;
    ForwardedElement element;
    bool any = false;
    for (;;) {
        skip_space(text);
        if (text.empty() || text[0] == ',') {
            if (any)
                elements.push_back(std::exchange(element, {}));
            any = false;
            if (text.empty())
                return elements;
            if (elements.size() == kMost)
                return bad_forwarded();
            text.remove_prefix(1);
            continue;
        }
        if (text[0] == ';') {
            text.remove_prefix(1);
            continue;
        }
        auto const equals = text.find_first_of("=;, \t\"");
        if (equals == Text::npos || equals == 0 || text[equals] != '=')
            return bad_forwarded();
        auto const name = text.substr(0, equals);
        text.remove_prefix(equals + 1);
        auto const value = take_value(text);
        if (!value)
            return bad_forwarded();
        skip_space(text);
        if (!text.empty() && text[0] != ';' && text[0] != ',')
            return bad_forwarded();
        any = true;
        auto* target = equal_ignoring_case(name, "for")     ? &element.node
                       : equal_ignoring_case(name, "proto") ? &element.protocol
                       : equal_ignoring_case(name, "host")  ? &element.host
                                                            : nullptr;
        if (!target)
            continue;
        if (!target->empty())
            return bad_forwarded(); // a parameter occurs once in an element (RFC 7239 section 4)
        *target = target == &element.node ? std::string(without_port(*value)) : *value;
    }
}

Result<void> apply_forwarding(Request& request, Address const& peer, bool secure,
                              std::vector<AddressBlock> const& trusted_proxies)
{
    request.secure = secure;
    if (trusted_proxies.empty() || !is_trusted(peer, trusted_proxies))
        return {};
    if (auto const id = request.header("X-Request-Id"); is_request_id(id))
        request.request_id = id;

    auto const forwarded = joined(request.headers, "Forwarded");
    auto const x_forwarded_for = joined(request.headers, "X-Forwarded-For");
    std::optional<Hop> standard;
    std::vector<ForwardedElement> elements;
    if (!forwarded.empty()) {
        TRY(elements, parse_forwarded(forwarded));
        std::vector<std::string> nodes;
        for (auto const& element : elements)
            nodes.push_back(element.node);
        standard = find_client(nodes, peer, trusted_proxies);
    }
    if (standard && x_forwarded_for.empty()) {
        if (elements.empty())
            return {};
        auto const& element = elements[elements.size() - 1 - standard->from_right];
        return apply(request, *standard, element.protocol, element.host);
    }
    std::vector<std::string> nodes;
    for (auto const node : split_list(x_forwarded_for))
        nodes.emplace_back(without_port(node));
    auto const hop = find_client(nodes, peer, trusted_proxies);
    // A proxy that writes one of the two passes on the other as its client wrote it.
    if (standard && standard->client != hop.client)
        return bad_forwarded();
    auto const protocols = joined(request.headers, "X-Forwarded-Proto");
    auto const hosts = joined(request.headers, "X-Forwarded-Host");
    return apply(request, hop, at_from_right(split_list(protocols), hop.from_right),
                 at_from_right(split_list(hosts), hop.from_right));
}

} // namespace gatehouse::http
