"""Operations that write rows: create, save, update, delete, in bulk and one by one."""
