select user_id, idnumber, username, email, given_name, surname
from core.site_accounts
where source = :source
