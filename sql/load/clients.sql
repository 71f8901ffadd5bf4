select client_code, username, email, given_name, surname
from core.clients
where closed_at is null
