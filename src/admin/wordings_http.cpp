// Operations on the words of mails, texts and calls: a tenant's own beside the built-in ones, looked at before they are
// saved, sent as a test.
#include "admin/management_api.hpp"
#include "events/event.hpp"
#include "events/types.hpp"
#include "messages/wordings.hpp"
#include "storage/database.hpp"
#include "view/pages.hpp"

#include <boost/json.hpp>

namespace gatehouse::admin {

struct WordingBody {
    std::string kind;
    std::string locale;
    boost::json::object texts;
    std::optional<TimePoint> updated_at;
};
constexpr auto shape(WordingBody const*)
{
    return Shape{"Wording",
                 Member{"kind", &WordingBody::kind, {.text = "Of the message: \"verify_email\".", .read_only = true}},
                 Member{"locale", &WordingBody::locale, {.text = "The language: \"de\".", .read_only = true}},
                 Member{"texts",
                        &WordingBody::texts,
                        {.text = "Parts with words of one's own, as ICU messages: subject, heading, intro, button, "
                                 "outro of a mail; sms; voice. What is left out has the built-in words."}},
                 Member{"updated_at", &WordingBody::updated_at, {.read_only = true}}};
}
constexpr std::string_view list_name(WordingBody const*)
{
    return "WordingList";
}

struct WordingPreviewInput {
    std::optional<boost::json::object> texts;
};
constexpr auto shape(WordingPreviewInput const*)
{
    return Shape{"WordingPreviewInput",
                 Member{"texts", &WordingPreviewInput::texts, {.text = "To be looked at; absent: what is saved."}}};
}
struct WordingPreview {
    std::optional<std::string> subject;
    std::optional<std::string> text;
    std::optional<std::string> html;
    std::optional<std::string> sms;
    std::optional<std::string> voice;
};
constexpr auto shape(WordingPreview const*)
{
    return Shape{"WordingPreview",
                 Member{"subject", &WordingPreview::subject, {.text = "Of the mail."}},
                 Member{"text", &WordingPreview::text, {.text = "The mail as plain text."}},
                 Member{"html", &WordingPreview::html, {.text = "The mail as HTML."}},
                 Member{"sms", &WordingPreview::sms, {.text = "The text message."}},
                 Member{"voice", &WordingPreview::voice, {.text = "What a call says."}}};
}
struct TestMessage {
    std::string channel;
    std::string to;
};
constexpr auto shape(TestMessage const*)
{
    return Shape{"TestMessage",
                 Member{"channel", &TestMessage::channel, {.text = "How it goes.", .choices = "mail|sms|voice"}},
                 Member{"to",
                        &TestMessage::to,
                        {.text = "An email address, or a phone number with +.", .min_length = 1, .max_length = 320}}};
}

namespace {

using messages::Channel;
using messages::Kind;
using messages::Wording;

struct Place {
    Kind kind = Kind::verify_email;
    std::string locale;
};
Result<Place> place_of(Parts const& parts, Call const& call)
{
    auto const kind = messages::parse_kind(call.request.path_parameters.get("kind"));
    auto const* locale = parts.pages.locales().find(call.request.path_parameters.get("locale"));
    if (!kind || !locale)
        return refuse(ErrorKind::not_found, "not_found", "There is no such thing.");
    return Place{*kind, locale->tag()};
}

WordingBody body_of(Wording const& wording)
{
    return {.kind = std::string(to_string(wording.kind)),
            .locale = wording.locale,
            .texts = wording.texts,
            .updated_at = wording.updated_at};
}

// Who changed what people are told is a matter of record.
Result<void> note_change(Parts const& parts, Call const& call, storage::Tx& tx, Place const& place)
{
    TRY_DO(events::append(
        tx, parts.vault,
        {.type = &events::kTenantUpdated,
         .tenant = call.context.tenant->id,
         .origin = origin_of(call),
         .data = {{"changed", boost::json::array{fmt::format("messages/{}/{}", to_string(place.kind), place.locale)}}}},
        call.context.now));
    return {};
}

Task<Result<Answer>> list_wordings(Parts const& parts, Call const& call)
{
    CO_TRY(auto const found, co_await parts.database.read([&](storage::Tx& tx) {
        return messages::list_wordings(tx, call.context.tenant->id);
    }));
    List<WordingBody> list;
    for (auto const& wording : found)
        list.items.push_back(body_of(wording));
    co_return Answer{.body = write_shape(list)};
}

Task<Result<Answer>> save_wording(Parts const& parts, Call const& call, boost::json::value const& json)
{
    CO_TRY(auto const place, place_of(parts, call));
    CO_TRY(auto const body, read_shape<WordingBody>(json));
    CO_TRY_DO(messages::check_wording(parts.pages, place.kind, place.locale, body.texts));
    Wording wording{.kind = place.kind, .locale = place.locale, .texts = body.texts, .updated_at = call.context.now};
    CO_TRY_DO(co_await parts.database.write([&](storage::Tx& tx) -> Result<void> {
        TRY_DO(messages::save_wording(tx, call.context.tenant->id, wording, call.context.now));
        return note_change(parts, call, tx, place);
    }));
    co_return Answer{.body = write_shape(body_of(wording))};
}

Task<Result<Answer>> remove_wording(Parts const& parts, Call const& call)
{
    CO_TRY(auto const place, place_of(parts, call));
    CO_TRY(auto const removed, co_await parts.database.write([&](storage::Tx& tx) -> Result<bool> {
        TRY(auto const gone, messages::remove_wording(tx, call.context.tenant->id, place.kind, place.locale));
        if (gone)
            TRY_DO(note_change(parts, call, tx, place));
        return gone;
    }));
    if (!removed)
        co_return refuse(ErrorKind::not_found, "not_found", "There is no such thing.");
    co_return Answer{.status = 204};
}

Result<WordingPreview> preview_of(Parts const& parts, Call const& call, Place const& place,
                                  std::shared_ptr<view::Locale const> const& words)
{
    auto const& tenant = *call.context.tenant;
    auto const example = [&](Channel channel) {
        return messages::example_of(place.kind, channel, place.locale, tenant.name, tenant.issuer, call.context.now);
    };
    WordingPreview preview;
    if (has_words(place.kind, Channel::mail)) {
        TRY(auto content, messages::compose(parts.pages, example(Channel::mail), {.words = words}));
        preview.subject = std::move(content.subject);
        preview.text = std::move(content.text);
        preview.html = std::move(content.html);
    }
    if (has_words(place.kind, Channel::sms))
        preview.sms = messages::compose_text(parts.pages, example(Channel::sms), words.get());
    if (has_words(place.kind, Channel::voice))
        preview.voice = messages::compose_call(parts.pages, example(Channel::voice), words.get()).text;
    return preview;
}

Task<Result<Answer>> preview_wording(Parts const& parts, Call const& call, boost::json::value const& json)
{
    CO_TRY(auto const place, place_of(parts, call));
    CO_TRY(auto body, read_shape<WordingPreviewInput>(json));
    if (!body.texts) {
        CO_TRY(auto const saved, co_await parts.database.read([&](storage::Tx& tx) {
            return messages::find_wording(tx, call.context.tenant->id, place.kind, place.locale);
        }));
        body.texts = saved ? saved->texts : boost::json::object();
    }
    CO_TRY(auto const words, messages::check_wording(parts.pages, place.kind, place.locale, *body.texts));
    CO_TRY(auto const preview, preview_of(parts, call, place, words));
    co_return Answer{.body = write_shape(preview)};
}

// What is saved, with made-up values, to an address of the caller's choice. It goes through the queue like any other.
Task<Result<Answer>> send_test(Parts const& parts, Call const& call, boost::json::value const& json)
{
    CO_TRY(auto const place, place_of(parts, call));
    CO_TRY(auto const body, read_shape<TestMessage>(json));
    auto const channel = messages::parse_channel(body.channel).value_or(Channel::mail);
    if (!has_words(place.kind, channel))
        co_return refuse(ErrorKind::invalid, "wording_invalid", "This message does not go that way.").at("/channel");
    auto const& tenant = *call.context.tenant;
    auto message =
        messages::example_of(place.kind, channel, place.locale, tenant.name, tenant.issuer, call.context.now);
    message.tenant = tenant.id;
    message.to = body.to;
    message.text_limits = tenant.settings.texts;
    auto const sent = co_await parts.database.write(
        [&](storage::Tx& tx) { return messages::Outbox(parts.vault).enqueue(tx, message, call.context.now); });
    if (!sent) {
        auto error = sent.error();
        if (error.pointer.empty())
            error.pointer = "/to";
        co_return std::unexpected(std::move(error));
    }
    co_return Answer{.status = 204};
}

} // namespace

std::vector<Operation> wording_operations(Parts const& parts)
{
    using http::Method;
    constexpr auto kPath = "/messages/wordings/{kind}/{locale}";
    std::vector<Operation> operations;
    operations.push_back(Operation{
        .method = Method::get,
        .path = "/messages/wordings",
        .id = "wordings_list",
        .summary = "List the kinds and languages of messages that have words of your own",
        .scope = "messages:read",
        .run = [&parts](Call const& call, auto const&) {
            return list_wordings(parts, call);
        }}.gives<List<WordingBody>>());
    operations.push_back(
        Operation{.method = Method::put,
                  .path = kPath,
                  .id = "wordings_put",
                  .summary = "Give a kind of message words of your own in a language",
                  .scope = "messages:update",
                  .run = [&parts](Call const& call, auto const& body) { return save_wording(parts, call, body); }}
            .takes<WordingBody>()
            .gives<WordingBody>());
    operations.push_back(
        Operation{.method = Method::delete_,
                  .path = kPath,
                  .id = "wordings_delete",
                  .summary = "Go back to the built-in words",
                  .scope = "messages:update",
                  .success = 204,
                  .run = [&parts](Call const& call, auto const&) { return remove_wording(parts, call); }});
    operations.push_back(
        Operation{.method = Method::post,
                  .path = std::string(kPath) + "/preview",
                  .id = "wordings_preview",
                  .summary = "See a message with made-up values, before its words are saved",
                  .scope = "messages:read",
                  .run = [&parts](Call const& call, auto const& body) { return preview_wording(parts, call, body); }}
            .takes<WordingPreviewInput>()
            .gives<WordingPreview>());
    operations.push_back(Operation{
        .method = Method::post,
        .path = std::string(kPath) + "/test",
        .id = "wordings_test",
        .summary = "Send what is saved, with made-up values, to an address or number",
        .scope = "messages:update",
        .success = 204,
        .run = [&parts](Call const& call, auto const& body) {
            return send_test(parts, call, body);
        }}.takes<TestMessage>());
    for (auto& operation : operations)
        operation.tag = "messages";
    return operations;
}

} // namespace gatehouse::admin
