/** Written by `npm run docs` from the facts of the server: do not edit. */

/** The usages of each key spec with their algorithms, and whether its key material may be imported. */
export const KEY_SPECS = {
  SYMMETRIC_DEFAULT: {"usages":{"ENCRYPT_DECRYPT":["SYMMETRIC_DEFAULT"]},"importable":true},
  RSA_2048: {"usages":{"ENCRYPT_DECRYPT":["RSAES_OAEP_SHA_1","RSAES_OAEP_SHA_256"],"SIGN_VERIFY":["RSASSA_PKCS1_V1_5_SHA_256","RSASSA_PKCS1_V1_5_SHA_384","RSASSA_PKCS1_V1_5_SHA_512","RSASSA_PSS_SHA_256","RSASSA_PSS_SHA_384","RSASSA_PSS_SHA_512"]},"importable":true},
  RSA_3072: {"usages":{"ENCRYPT_DECRYPT":["RSAES_OAEP_SHA_1","RSAES_OAEP_SHA_256"],"SIGN_VERIFY":["RSASSA_PKCS1_V1_5_SHA_256","RSASSA_PKCS1_V1_5_SHA_384","RSASSA_PKCS1_V1_5_SHA_512","RSASSA_PSS_SHA_256","RSASSA_PSS_SHA_384","RSASSA_PSS_SHA_512"]},"importable":true},
  RSA_4096: {"usages":{"ENCRYPT_DECRYPT":["RSAES_OAEP_SHA_1","RSAES_OAEP_SHA_256"],"SIGN_VERIFY":["RSASSA_PKCS1_V1_5_SHA_256","RSASSA_PKCS1_V1_5_SHA_384","RSASSA_PKCS1_V1_5_SHA_512","RSASSA_PSS_SHA_256","RSASSA_PSS_SHA_384","RSASSA_PSS_SHA_512"]},"importable":true},
  ECC_NIST_P256: {"usages":{"SIGN_VERIFY":["ECDSA_SHA_256"],"KEY_AGREEMENT":["ECDH"]},"importable":true},
  ECC_NIST_P384: {"usages":{"SIGN_VERIFY":["ECDSA_SHA_384"],"KEY_AGREEMENT":["ECDH"]},"importable":true},
  ECC_NIST_P521: {"usages":{"SIGN_VERIFY":["ECDSA_SHA_512"],"KEY_AGREEMENT":["ECDH"]},"importable":true},
  ECC_SECG_P256K1: {"usages":{"SIGN_VERIFY":["ECDSA_SHA_256"]},"importable":true},
  ECC_NIST_EDWARDS25519: {"usages":{"SIGN_VERIFY":["ED25519_SHA_512","ED25519_PH_SHA_512"]},"importable":true},
  ML_DSA_44: {"usages":{"SIGN_VERIFY":["ML_DSA_SHAKE_256"]},"importable":false},
  ML_DSA_65: {"usages":{"SIGN_VERIFY":["ML_DSA_SHAKE_256"]},"importable":false},
  ML_DSA_87: {"usages":{"SIGN_VERIFY":["ML_DSA_SHAKE_256"]},"importable":false},
  ML_KEM_512: {"usages":{"ENCAPSULATE_DECAPSULATE":["ML_KEM"]},"importable":false},
  ML_KEM_768: {"usages":{"ENCAPSULATE_DECAPSULATE":["ML_KEM"]},"importable":false},
  ML_KEM_1024: {"usages":{"ENCAPSULATE_DECAPSULATE":["ML_KEM"]},"importable":false},
  HMAC_224: {"usages":{"GENERATE_VERIFY_MAC":["HMAC_SHA_224"]},"importable":true},
  HMAC_256: {"usages":{"GENERATE_VERIFY_MAC":["HMAC_SHA_256"]},"importable":true},
  HMAC_384: {"usages":{"GENERATE_VERIFY_MAC":["HMAC_SHA_384"]},"importable":true},
  HMAC_512: {"usages":{"GENERATE_VERIFY_MAC":["HMAC_SHA_512"]},"importable":true},
  SM2: {"usages":{"ENCRYPT_DECRYPT":["SM2PKE"],"SIGN_VERIFY":["SM2DSA"],"KEY_AGREEMENT":["ECDH"]},"importable":true},
} as const
