// Operations on the documents that people accept, and on who accepted what.
#include "admin/management_api.hpp"
#include "identity/agreements.hpp"
#include "identity/changes.hpp"
#include "identity/users.hpp"
#include "storage/database.hpp"

#include <charconv>

namespace gatehouse::admin {

struct DocumentBody {
    std::string name;
    identity::Words title;
    bool required = true;
    bool active = true;
    std::int64_t version = 0;
};
constexpr auto shape(DocumentBody const*)
{
    return Shape{
        "Document",
        Member{"name", &DocumentBody::name, {.text = "terms, privacy, marketing ...", .read_only = true}},
        Member{"title", &DocumentBody::title, {.text = "Words by language."}},
        Member{"required",
               &DocumentBody::required,
               {.text = "Nobody gets in without it; else it may be left out and withdrawn.", .fallback = true}},
        Member{"active", &DocumentBody::active, {.text = "Whether people are asked for it.", .fallback = true}},
        Member{"version", &DocumentBody::version, {.text = "The newest; 0: none yet.", .read_only = true}}};
}
constexpr std::string_view list_name(DocumentBody const*)
{
    return "DocumentList";
}

struct TextBody {
    std::string locale;
    std::string text;
    std::string sha256;
};
constexpr auto shape(TextBody const*)
{
    return Shape{"DocumentText", Member{"locale", &TextBody::locale}, Member{"text", &TextBody::text},
                 Member{"sha256", &TextBody::sha256, {.text = "Of the text's bytes (UTF-8), hexadecimal."}}};
}
struct VersionBody {
    std::int64_t version = 0;
    std::string label;
    bool ask_again = true;
    std::vector<TextBody> texts;
    TimePoint published_at;
};
constexpr auto shape(VersionBody const*)
{
    return Shape{"DocumentVersion",
                 Member{"version", &VersionBody::version},
                 Member{"label", &VersionBody::label},
                 Member{"ask_again", &VersionBody::ask_again},
                 Member{"texts", &VersionBody::texts},
                 Member{"published_at", &VersionBody::published_at}};
}
struct NewVersionBody {
    std::string label;
    bool ask_again = true;
    identity::Words texts;
};
constexpr auto shape(NewVersionBody const*)
{
    return Shape{
        "NewDocumentVersion",
        Member{"label",
               &NewVersionBody::label,
               {.text = "Shown to people: \"November 2026\".", .fallback = true, .max_length = 100}},
        Member{"ask_again",
               &NewVersionBody::ask_again,
               {.text = "Whoever accepted an earlier version only is asked at the next sign-in.", .fallback = true}},
        Member{"texts", &NewVersionBody::texts, {.text = "The text by language; never changes afterwards."}}};
}

struct AcceptanceBody {
    identity::AcceptanceId acceptance_id;
    std::string document;
    std::int64_t version = 0;
    bool accepted = true;
    std::string locale;
    std::string sha256;
    std::string place;
    std::optional<ApplicationId> application_id;
    TimePoint at;
};
constexpr auto shape(AcceptanceBody const*)
{
    return Shape{"Acceptance",
                 Member{"acceptance_id", &AcceptanceBody::acceptance_id},
                 Member{"document", &AcceptanceBody::document},
                 Member{"version", &AcceptanceBody::version},
                 Member{"accepted", &AcceptanceBody::accepted, {.text = "false: withdrawn."}},
                 Member{"locale", &AcceptanceBody::locale, {.text = "Of the text that was shown."}},
                 Member{"sha256", &AcceptanceBody::sha256, {.text = "Of that text."}},
                 Member{"place", &AcceptanceBody::place, {.text = "The network address it came from; of IPv6 its /64."}},
                 Member{"application_id", &AcceptanceBody::application_id, {.text = "Where the person was heading."}},
                 Member{"at", &AcceptanceBody::at}};
}
constexpr std::string_view list_name(AcceptanceBody const*)
{
    return "AcceptanceList";
}

namespace {

DocumentBody body_of(identity::Document const& document)
{
    return {document.name, document.title, document.required, document.active, document.version};
}
Answer answer_of(identity::Document const& document)
{
    return {.body = write_shape(body_of(document)), .version = document.updated};
}
Answer answer_of(identity::DocumentVersion const& version, int status)
{
    VersionBody body{.version = version.version,
                     .label = version.label,
                     .ask_again = version.ask_again,
                     .texts = {},
                     .published_at = version.published_at};
    for (auto const& text : version.texts)
        body.texts.push_back({text.locale, text.text, text.sha256});
    return {.status = status, .body = write_shape(body)};
}

std::string name_of(Call const& call)
{
    return std::string(call.request.path_parameters.get("name"));
}

Task<Result<Answer>> list(Parts const& parts, Call const& call)
{
    CO_TRY(auto const found, co_await parts.database.read([&](storage::Tx& tx) {
        return identity::list_documents(tx, call.context.tenant->id);
    }));
    List<DocumentBody> all;
    for (auto const& document : found)
        all.items.push_back(body_of(document));
    co_return Answer{.body = write_shape(all)};
}

Task<Result<Answer>> get(Parts const& parts, Call const& call)
{
    CO_TRY(auto const found, co_await parts.database.read([&](storage::Tx& tx) {
        return identity::get_document(tx, call.context.tenant->id, name_of(call));
    }));
    co_return answer_of(found);
}

Task<Result<Answer>> put(Parts const& parts, Call const& call, boost::json::value const& json)
{
    CO_TRY(auto version, expected_version(call));
    CO_TRY(auto body, read_shape<DocumentBody>(json));
    CO_TRY(auto const stored, co_await parts.database.write([&](storage::Tx& tx) {
        return identity::put_document(
            tx, parts.vault, call.context.tenant->id,
            {.name = name_of(call), .title = body.title, .required = body.required, .active = body.active}, version,
            origin_of(call), call.context.now);
    }));
    CO_TRY_DO(co_await parts.changes.poll(call.context.now));
    co_return answer_of(stored);
}

Task<Result<Answer>> publish(Parts const& parts, Call const& call, boost::json::value const& json)
{
    CO_TRY(auto body, read_shape<NewVersionBody>(json));
    CO_TRY(auto const stored, co_await parts.database.write([&](storage::Tx& tx) {
        return identity::publish_version(tx, parts.vault, call.context.tenant->id, name_of(call),
                                         {.label = body.label, .ask_again = body.ask_again, .texts = body.texts},
                                         origin_of(call), call.context.now);
    }));
    CO_TRY_DO(co_await parts.changes.poll(call.context.now));
    co_return answer_of(stored, 201);
}

Task<Result<Answer>> get_version(Parts const& parts, Call const& call)
{
    auto const text = call.request.path_parameters.get("version");
    std::int64_t number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    CO_TRY(auto const found, co_await parts.database.read([&](storage::Tx& tx) {
        return identity::get_version(tx, call.context.tenant->id, name_of(call), number);
    }));
    co_return answer_of(found, 200);
}

Task<Result<Answer>> list_acceptances(Parts const& parts, Call const& call)
{
    CO_TRY(auto const id, call.id<UserId>("user_id"));
    CO_TRY(auto const found,
           co_await parts.database.read([&](storage::Tx& tx) -> Result<std::vector<identity::Acceptance>> {
               TRY_DO(parts.users.get(tx, call.context.tenant->id, id));
               return identity::list_acceptances(tx, parts.vault, call.context.tenant->id, id);
           }));
    List<AcceptanceBody> all;
    for (auto const& one : found)
        all.items.push_back({one.id, one.document, one.version, one.accepted, one.locale, one.sha256, one.place,
                             one.application, one.at});
    co_return Answer{.body = write_shape(all)};
}

} // namespace

std::vector<Operation> document_operations(Parts const& parts)
{
    using http::Method;
    std::vector<Operation> operations;
    operations.push_back(Operation{
        .method = Method::get,
        .path = "/documents",
        .id = "documents_list",
        .summary = "List the documents that people accept",
        .scope = "documents:read",
        .run = [&parts](Call const& call, auto const&) {
            return list(parts, call);
        }}.gives<List<DocumentBody>>());
    operations.push_back(Operation{
        .method = Method::get,
        .path = "/documents/{name}",
        .id = "documents_get",
        .summary = "Read a document",
        .scope = "documents:read",
        .versioned = true,
        .run = [&parts](Call const& call, auto const&) {
            return get(parts, call);
        }}.gives<DocumentBody>());
    operations.push_back(
        Operation{.method = Method::put,
                  .path = "/documents/{name}",
                  .id = "documents_put",
                  .summary = "Declare a document, or change how it is asked for",
                  .scope = "documents:update",
                  .versioned = true,
                  .run = [&parts](Call const& call, auto const& body) { return put(parts, call, body); }}
            .takes<DocumentBody>()
            .gives<DocumentBody>());
    operations.push_back(
        Operation{.method = Method::post,
                  .path = "/documents/{name}/versions",
                  .id = "document_versions_publish",
                  .summary = "Publish a new version of a document",
                  .scope = "documents:update",
                  .success = 201,
                  .run = [&parts](Call const& call, auto const& body) { return publish(parts, call, body); }}
            .takes<NewVersionBody>()
            .gives<VersionBody>());
    operations.push_back(Operation{
        .method = Method::get,
        .path = "/documents/{name}/versions/{version}",
        .id = "document_versions_get",
        .summary = "Read the texts of a version",
        .scope = "documents:read",
        .run = [&parts](Call const& call, auto const&) {
            return get_version(parts, call);
        }}.gives<VersionBody>());
    operations.push_back(Operation{
        .method = Method::get,
        .path = "/users/{user_id}/acceptances",
        .id = "user_acceptances_list",
        .summary = "List what a user accepted and withdrew, oldest first",
        .scope = "users:read",
        .run = [&parts](Call const& call, auto const&) {
            return list_acceptances(parts, call);
        }}.gives<List<AcceptanceBody>>());
    for (auto& operation : operations)
        operation.tag = "documents";
    return operations;
}

} // namespace gatehouse::admin
