// Attestation by an Android keystore (WebAuthn level 3 section 8.4).
#include "credentials/attestation_formats.hpp"

#include <algorithm>
#include <openssl/asn1.h>

namespace gatehouse::credentials::webauthn {

namespace {

constexpr char const* kKeyDescription = "1.3.6.1.4.1.11129.2.1.17";
// Tags of AuthorizationList, and values of Keymaster.
constexpr int kPurpose = 1;
constexpr int kAllApplications = 600;
constexpr int kOrigin = 702;
constexpr std::uint8_t kSign = 2;      // KM_PURPOSE_SIGN
constexpr std::uint8_t kGenerated = 0; // KM_ORIGIN_GENERATED

// One element of DER (X.690).
struct Element {
    int tag = 0;
    int form = 0; // V_ASN1_CONSTRUCTED and the class
    ByteView content;
};
// Takes the first element; empty when there is none that can be read.
std::optional<Element> take(ByteView& input)
{
    auto const* at = input.data();
    long size = 0;
    int tag = 0, kind = 0;
    int const outcome = ASN1_get_object(&at, &size, &tag, &kind, static_cast<long>(input.size()));
    // 0x80: malformed; an indefinite length (1) is no DER.
    if (input.empty() || (outcome & 0x81) != 0) {
        crypto::openssl_error();
        return std::nullopt;
    }
    Element const element{tag, (outcome & V_ASN1_CONSTRUCTED) | kind, ByteView(at, static_cast<std::size_t>(size))};
    input = input.subspan(static_cast<std::size_t>(at - input.data()) + element.content.size());
    return element;
}

// The members of a list under their tags; empty when it cannot be read.
std::optional<std::vector<Element>> members_of(ByteView input)
{
    std::vector<Element> members;
    while (!input.empty()) {
        auto const member = take(input);
        if (!member)
            return std::nullopt;
        members.push_back(*member);
    }
    return members;
}

struct KeyDescription {
    ByteView challenge;
    std::vector<Element> software;
    std::vector<Element> hardware;
};
// KeyDescription: version, security level, version, security level, attestationChallenge, uniqueId, softwareEnforced,
// teeEnforced; later versions may add more.
std::optional<KeyDescription> read_description(ByteView input)
{
    auto const whole = take(input);
    if (!whole || whole->tag != V_ASN1_SEQUENCE || !input.empty())
        return std::nullopt;
    auto const members = members_of(whole->content);
    if (!members || members->size() < 8 || (*members)[4].tag != V_ASN1_OCTET_STRING ||
        (*members)[6].tag != V_ASN1_SEQUENCE || (*members)[7].tag != V_ASN1_SEQUENCE)
        return std::nullopt;
    auto software = members_of((*members)[6].content);
    auto hardware = members_of((*members)[7].content);
    if (!software || !hardware)
        return std::nullopt;
    return KeyDescription{(*members)[4].content, *std::move(software), *std::move(hardware)};
}

Element const* tagged(std::vector<Element> const& list, int tag)
{
    auto const found = std::ranges::find_if(list, [&](Element const& member) {
        return member.tag == tag && (member.form & V_ASN1_PRIVATE) == V_ASN1_CONTEXT_SPECIFIC;
    });
    return found == list.end() ? nullptr : &*found;
}

bool is_integer(std::optional<Element> const& element, std::uint8_t value)
{
    return element && element->tag == V_ASN1_INTEGER && element->content.size() == 1 &&
           element->content.front() == value;
}

// What is true of the key by either list: section 8.4 leaves it to us whether a trusted execution environment is asked
// for; the roots that attestations lead to say as much.
bool was_generated(KeyDescription const& description)
{
    auto const* origin = tagged(description.hardware, kOrigin);
    if (!origin)
        origin = tagged(description.software, kOrigin);
    auto content = origin ? origin->content : ByteView();
    return is_integer(take(content), kGenerated) && content.empty();
}

bool is_for_signing(std::vector<Element> const& list)
{
    auto const* const purpose = tagged(list, kPurpose);
    auto content = purpose ? purpose->content : ByteView();
    auto const set = take(content);
    if (!set || set->tag != V_ASN1_SET)
        return false;
    auto const purposes = members_of(set->content);
    return purposes && std::ranges::any_of(*purposes, [](auto const& one) { return is_integer(one, kSign); });
}

} // namespace

Result<Proof> verify_android_key(Statement const& statement)
{
    TRY_DO(check_members(statement.content, 3));
    TRY(auto const signature, bytes_member(statement.content, "sig"));
    TRY(auto const algorithm, algorithm_member(statement.content));
    TRY(auto chain, x5c_of(statement.content));
    auto* const certificate = chain.front().get();
    if (!is_signed_by(X509_get0_pubkey(certificate), algorithm, signature,
                      joined({statement.data.raw, statement.client_data_hash})))
        return refused("android-key: the signature is wrong");
    if (!certifies(certificate, statement.key))
        return refused("android-key: the certificate is of another key");
    auto const extension = extension_of(certificate, kKeyDescription);
    auto const description = extension ? read_description(*extension) : std::nullopt;
    if (!description)
        return refused("android-key: the certificate does not describe its key");
    if (!constant_time_equal(description->challenge, statement.client_data_hash))
        return refused("android-key: the certificate is of another ceremony");
    if (tagged(description->software, kAllApplications) || tagged(description->hardware, kAllApplications))
        return refused("android-key: the key is not bound to this site");
    if (!was_generated(*description))
        return refused("android-key: the key was not made in the keystore");
    if (!is_for_signing(description->hardware) && !is_for_signing(description->software))
        return refused("android-key: the key is not for signing");
    return Proof{.attestation = Attestation::unproven, .chain = std::move(chain)};
}

} // namespace gatehouse::credentials::webauthn
