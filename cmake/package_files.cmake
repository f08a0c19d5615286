# Run by cpack on what is to be packed: manual pages and the changelog are compressed, as Debian wants them.
file(GLOB_RECURSE PAGES "${CPACK_TEMPORARY_INSTALL_DIRECTORY}/usr/share/man/*.[1-9]")
set(CHANGELOG "${CPACK_TEMPORARY_INSTALL_DIRECTORY}/usr/share/doc/catalog-sync/changelog")
execute_process(COMMAND gzip -9n ${PAGES} "${CHANGELOG}" COMMAND_ERROR_IS_FATAL ANY)
