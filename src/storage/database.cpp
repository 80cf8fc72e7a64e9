#include "storage/database.hpp"

#include <stdexcept>

namespace gatehouse::storage {

Uuid Row::uuid(int column) const
{
    auto value = Uuid::from_bytes(bytes(column));
    if (!value)
        throw std::logic_error("a column read as an id does not hold 16 bytes");
    return *value;
}

} // namespace gatehouse::storage
