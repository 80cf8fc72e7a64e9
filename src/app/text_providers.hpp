// The providers of texts and calls, as the settings name them.
#pragma once

#include "app/options.hpp"
#include "messages/text_transport.hpp"

#include <boost/asio/any_io_executor.hpp>

namespace gatehouse::app {

// None when the settings name none. Error: "configuration_invalid", with the option at fault.
Result<std::unique_ptr<messages::FailoverTransport>>
make_text_providers(config::Settings const& settings, boost::asio::any_io_executor executor, Clock const& clock);

} // namespace gatehouse::app
