# The Debian package: `cpack` in a build folder of the release preset. See docs/packages.md.
#
# What only a machine with systemd wants is a component of its own, which a plain `cmake --install` leaves out.
set(SERVICE COMPONENT service EXCLUDE_FROM_ALL)
install(FILES deploy/systemd/catalog-worker@.service DESTINATION lib/systemd/system ${SERVICE})
install(FILES deploy/systemd/catalog-sync.sysusers.conf DESTINATION lib/sysusers.d RENAME catalog-sync.conf ${SERVICE})
install(FILES deploy/systemd/catalog-sync.tmpfiles.conf DESTINATION lib/tmpfiles.d RENAME catalog-sync.conf ${SERVICE})
install(FILES deploy/systemd/catalog-sync.properties DESTINATION /etc/catalog-sync ${SERVICE})
file(GLOB PAGES CONFIGURE_DEPENDS docs/*.md)
install(FILES README.md CHANGELOG.md ${PAGES} deploy/debian/changelog deploy/debian/copyright
        DESTINATION share/doc/catalog-sync ${SERVICE})
install(FILES deploy/debian/lintian-overrides DESTINATION share/lintian/overrides RENAME catalog-sync ${SERVICE})
install(DIRECTORY schemas DESTINATION share/doc/catalog-sync ${SERVICE})

set(CPACK_GENERATOR DEB)
set(CPACK_INSTALL_CMAKE_PROJECTS "${CMAKE_BINARY_DIR};catalog-sync;ALL;/" "${CMAKE_BINARY_DIR};catalog-sync;service;/")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_PRE_BUILD_SCRIPTS ${CMAKE_SOURCE_DIR}/cmake/package_files.cmake)
set(CPACK_PACKAGE_NAME catalog-sync)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_MAINTAINER "catalog-sync maintainers <maintainers@users.noreply.github.com>")
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "ca-certificates, systemd")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "product events from Kafka to the Meta catalog")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
    "Workers read product events from Kafka, drop what is duplicate, stale or
needless, call the Meta catalog API with retry and backoff, and publish a
result event with the catalog item's id. Nothing is lost and nothing is
doubled, whatever crashes.
.
The package has the worker as a systemd service of any number of instances,
the tools for publishing, dead letters and memory, and a simulated catalog
and an embedded Kafka to try them on.")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
    ${CMAKE_SOURCE_DIR}/deploy/debian/postinst ${CMAKE_SOURCE_DIR}/deploy/debian/prerm
    ${CMAKE_SOURCE_DIR}/deploy/debian/postrm ${CMAKE_SOURCE_DIR}/deploy/debian/conffiles)
include(CPack)
