select scope, record_key from staged
