#include "credentials/metadata.hpp"

#include "base/json.hpp"
#include "jose/jwk.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

namespace gatehouse::credentials::webauthn {

namespace json = boost::json;

namespace {

constexpr std::size_t kLargestBlob = 64 << 20;
constexpr std::size_t kMostCertificates = 6;
// Reports that speak against a model (FIDO MDS 3 section 3.1.4), until a later one takes them back.
constexpr std::string_view kDistrusting[] = {"REVOKED", "USER_VERIFICATION_BYPASS", "ATTESTATION_KEY_COMPROMISE",
                                             "USER_KEY_REMOTE_COMPROMISE", "USER_KEY_PHYSICAL_COMPROMISE"};

Refusal malformed_blob(std::string why)
{
    return refuse(ErrorKind::invalid, "metadata_malformed", "This is no metadata BLOB of FIDO MDS 3.")
        .because(std::move(why));
}
Refusal untrusted(std::string why)
{
    return refuse(ErrorKind::invalid, "metadata_untrusted",
                  "The metadata BLOB is not signed by the metadata service, as its root certificate knows it.")
        .because(std::move(why));
}

std::string_view text_at(json::object const& object, std::string_view name)
{
    auto const* const value = object.if_contains(name);
    return value && value->is_string() ? std::string_view(value->get_string()) : std::string_view();
}
json::array const& list_at(json::object const& object, std::string_view name)
{
    static json::array const empty;
    auto const* const value = object.if_contains(name);
    return value && value->is_array() ? value->get_array() : empty;
}

Result<json::object> part(std::string_view encoded)
{
    auto const bytes = base64url_decode(encoded);
    if (!bytes)
        return malformed_blob("a part is no base64url");
    auto object = parse_json_object_strict(as_text(*bytes), {.size = kLargestBlob, .depth = 24});
    if (!object)
        return malformed_blob(object.error().code + " " + object.error().pointer);
    return *std::move(object);
}

// Certificates in metadata are base64, some of them with line breaks.
Result<Bytes> certificate_bytes(std::string_view text)
{
    std::string plain;
    std::ranges::copy_if(text, std::back_inserter(plain), [](char c) { return c > ' '; });
    return base64_decode(plain);
}

Result<Chain> chain_of(json::object const& header)
{
    Chain chain;
    for (auto const& entry : list_at(header, "x5c")) {
        auto const der = certificate_bytes(entry.is_string() ? std::string_view(entry.get_string()) : "");
        auto certificate = der ? parse_certificate(*der) : Result<Certificate>(refuse(ErrorKind::invalid, "", ""));
        if (!certificate || chain.size() == kMostCertificates)
            return malformed_blob("x5c: an unreadable certificate, or too many");
        chain.push_back(*std::move(certificate));
    }
    if (chain.empty())
        return malformed_blob("x5c: missing");
    return chain;
}

Result<jose::VerificationKey> key_of(X509* certificate)
{
    std::unique_ptr<BIO, crypto::OpensslDeleter<BIO_free>> const out(BIO_new(BIO_s_mem()));
    if (!out || PEM_write_bio_PUBKEY(out.get(), X509_get0_pubkey(certificate)) != 1)
        return untrusted("the signer's key: " + crypto::openssl_error());
    char* text = nullptr;
    auto const size = BIO_get_mem_data(out.get(), &text);
    return jose::VerificationKey::from_pem({text, static_cast<std::size_t>(size)});
}

// The payload, once its signature is believed.
Result<json::object> open_blob(std::string_view blob, MetadataSigner const& signer, TimePoint now)
{
    auto const first = blob.find('.');
    auto const second = first == blob.npos ? blob.npos : blob.find('.', first + 1);
    if (blob.size() > kLargestBlob || second == blob.npos || blob.find('.', second + 1) != blob.npos)
        return malformed_blob("not three parts, or too large");
    TRY(auto const header, part(blob.substr(0, first)));
    auto const algorithm = jose::algorithm_named(text_at(header, "alg"));
    auto const signature = base64url_decode(blob.substr(second + 1));
    if (!algorithm || !signature || header.contains("crit"))
        return malformed_blob("the header");
    TRY(auto const chain, chain_of(header));
    if (!leads_to(chain, signer.roots, now))
        return untrusted("its chain leads to no root that was given");
    // The root vouches for many: only the service's own certificate signs.
    if (X509_check_host(chain.front().get(), signer.host.data(), signer.host.size(), 0, nullptr) != 1) {
        crypto::openssl_error();
        return untrusted("signed by somebody else than " + signer.host);
    }
    TRY(auto const key, key_of(chain.front().get()));
    if (!key.verify(*algorithm, as_bytes(blob.substr(0, second)), *signature))
        return untrusted("the signature is wrong");
    return part(blob.substr(first + 1, second - first - 1));
}

// The last report that says something for or against the model. Revocation is for good.
std::string distrust_of(json::array const& reports)
{
    std::string found, since;
    for (auto const& entry : reports) {
        auto const* const report = entry.if_object();
        auto const status = report ? text_at(*report, "status") : std::string_view();
        auto const date = report ? text_at(*report, "effectiveDate") : std::string_view();
        if (std::ranges::find(kDistrusting, status) != std::end(kDistrusting)) {
            if (found != "REVOKED")
                found = status;
            since = std::max(since, std::string(date));
        } else if (found != "REVOKED" && date > since &&
                   (status == "UPDATE_AVAILABLE" || status.starts_with("FIDO_"))) {
            found.clear();
        }
    }
    return found;
}

Result<Model> model_of(json::object const& entry)
{
    Model model;
    auto const* const value = entry.if_contains("metadataStatement");
    if (auto const* const statement = value ? value->if_object() : nullptr) {
        model.description = text_at(*statement, "description");
        for (auto const& root : list_at(*statement, "attestationRootCertificates")) {
            auto const der = certificate_bytes(root.is_string() ? std::string_view(root.get_string()) : "");
            if (!der)
                return malformed_blob("attestationRootCertificates: no base64");
            model.roots.push_back(*der);
        }
    }
    model.distrusted = distrust_of(list_at(entry, "statusReports"));
    return model;
}

} // namespace

std::optional<Aaguid> parse_aaguid(std::string_view text)
{
    if (text.size() != 36 || text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-')
        return std::nullopt;
    std::string hex;
    std::ranges::copy_if(text, std::back_inserter(hex), [](char c) { return c != '-'; });
    auto const bytes = hex_decode(hex);
    Aaguid aaguid;
    if (!bytes || bytes->size() != aaguid.size())
        return std::nullopt;
    std::ranges::copy(*bytes, aaguid.begin());
    return aaguid;
}

std::string to_text(Aaguid const& aaguid)
{
    auto text = hex_encode(aaguid);
    for (auto const at : {8U, 13U, 18U, 23U})
        text.insert(at, 1, '-');
    return text;
}

Result<Metadata> Metadata::parse(std::string_view blob, MetadataSigner const& signer, std::vector<Bytes> further_roots,
                                 TimePoint now)
{
    while (!blob.empty() && (blob.back() == '\n' || blob.back() == '\r'))
        blob.remove_suffix(1);
    TRY(auto const payload, open_blob(blob, signer, now));
    auto const* const number = payload.if_contains("no");
    auto const* const entries = payload.if_contains("entries");
    Metadata metadata(std::move(further_roots));
    metadata.next_update_ = text_at(payload, "nextUpdate");
    if (!number || !number->is_int64() || !entries || !entries->is_array() || metadata.next_update_.size() != 10)
        return malformed_blob("no, nextUpdate or entries: missing");
    metadata.number_ = number->get_int64();
    for (auto const& value : entries->get_array()) {
        auto const* const entry = value.if_object();
        if (!entry)
            return malformed_blob("entries: one is no object");
        TRY(auto read, model_of(*entry));
        auto const model = std::make_shared<Model const>(std::move(read));
        if (auto const aaguid = parse_aaguid(text_at(*entry, "aaguid")))
            metadata.by_aaguid_[*aaguid] = model;
        for (auto const& key : list_at(*entry, "attestationCertificateKeyIdentifiers"))
            if (auto const identifier = hex_decode(key.is_string() ? std::string_view(key.get_string()) : ""))
                metadata.by_key_[*identifier] = model;
    }
    return metadata;
}

Model const* Metadata::find(Aaguid const& model) const
{
    auto const found = by_aaguid_.find(model);
    return found == by_aaguid_.end() ? nullptr : found->second.get();
}

std::vector<std::pair<std::string, Model const*>> Metadata::distrusted() const
{
    std::vector<std::pair<std::string, Model const*>> list;
    for (auto const& [aaguid, model] : by_aaguid_)
        if (!model->distrusted.empty())
            list.emplace_back(to_text(aaguid), model.get());
    for (auto const& [key, model] : by_key_)
        if (!model->distrusted.empty())
            list.emplace_back(hex_encode(key), model.get());
    return list;
}

Model const* Metadata::find_by_key(ByteView key_identifier) const
{
    auto const found = by_key_.find(to_bytes(key_identifier));
    return found == by_key_.end() ? nullptr : found->second.get();
}

} // namespace gatehouse::credentials::webauthn
