#include "tls/validity.hpp"

namespace reprise::tls {
namespace {

std::time_t time_of(const ASN1_TIME* time) {
  std::tm parts{};
  return ASN1_TIME_to_tm(time, &parts) == 1 ? ::timegm(&parts) : 0;
}

std::string subject_of(const X509* certificate) {
  const BioPtr text(BIO_new(BIO_s_mem()));
  constexpr unsigned long form =
      XN_FLAG_RFC2253 & ~static_cast<unsigned long>(ASN1_STRFLGS_ESC_MSB);
  if (!text || X509_NAME_print_ex(text.get(), X509_get_subject_name(certificate), 0, form) < 0) {
    return {};
  }
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(text.get(), &bytes);
  return {bytes, static_cast<std::size_t>(size)};
}

Validity validity_of(const X509* certificate) {
  return {subject_of(certificate), time_of(X509_get0_notBefore(certificate)),
          time_of(X509_get0_notAfter(certificate))};
}

}  // namespace

std::vector<Validity> validities(const Site& site) {
  std::vector<Validity> all;
  SSL_CTX* context = site.context.get();
  if (const X509* own = SSL_CTX_get0_certificate(context)) all.push_back(validity_of(own));
  STACK_OF(X509)* chain = nullptr;
  SSL_CTX_get0_chain_certs(context, &chain);
  for (int i = 0; i < sk_X509_num(chain); ++i)
    all.push_back(validity_of(sk_X509_value(chain, i)));
  const auto* objects = X509_STORE_get0_objects(SSL_CTX_get_cert_store(context));
  for (int i = 0; i < sk_X509_OBJECT_num(objects); ++i) {
    const X509_OBJECT* object = sk_X509_OBJECT_value(objects, i);
    if (X509_OBJECT_get_type(object) != X509_LU_X509) continue;
    all.push_back(validity_of(X509_OBJECT_get0_X509(object)));
  }
  return all;
}

}  // namespace reprise::tls
